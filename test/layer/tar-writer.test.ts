import { describe, expect, it } from "vitest";
import { decodeName } from "../../src/core/file-name.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { entryHeader } from "../../src/layer/tar-writer.ts";
import { hasProgram, readMembers, run, writeArchive } from "./archives.ts";
import { dir, file, symlink, whiteout } from "./entries.ts";

const LONG = `${"d".repeat(90)}/${"e".repeat(90)}`;
const TOO_LONG = "f".repeat(101);
const typeOf = (entry: Entry) => String.fromCharCode(entryHeader(entry)[156]!);
const nameOf = (entry: Entry) => entryHeader(entry).toString("latin1", 0, 100).replace(/\0.*/s, "");

describe("the header of an entry", () => {
  it("keeps its bytes", () => {
    const header = entryHeader(
      file("a/b", { mode: 0o4755, uid: 1000, gid: 8, size: 9, mtime: 1_700_000_000 }),
    );
    expect(header.length).toBe(512);
    expect(header.toString("latin1", 0, 3)).toBe("a/b");
    expect(header.toString("latin1", 100, 157)).toBe(
      ["0004755", "0001750", "0000010", "00000000011", "14524770400", "007650", " 0"].join("\0"),
    );
    expect(header.toString("latin1", 257, 265)).toBe("ustar\x0000");
    expect(header.subarray(265, 329).every((byte) => byte === 0)).toBe(true);
    expect(header.toString("latin1", 329, 345)).toBe("0000000\x000000000\0");
  });

  it("LT-02: a directory ends in a slash and nothing begins with ./", () => {
    expect([nameOf(dir("usr")), nameOf(dir("usr/lib")), nameOf(file("usr/x"))]).toEqual([
      "usr/",
      "usr/lib/",
      "usr/x",
    ]);
    expect(nameOf(dir(""))).toBe("./");
  });

  it.each<[string, Entry, string]>([
    ["a plain file", file("a"), "0"],
    ["a name of 100 bytes", file("f".repeat(100)), "0"],
    ["a long name with a slash in the right place", file(LONG), "0"],
    ["a long name that splits, with a larger id", file(LONG, { uid: 0o7777777 + 1 }), "x"],
    ["a long name without one", file(TOO_LONG), "x"],
    ["a name outside ASCII", file("é"), "x"],
    ["a name that is not UTF-8", file(decodeName(Buffer.from([0xff]))), "x"],
    ["a long link target", symlink("l", TOO_LONG), "x"],
    ["a link target outside ASCII", symlink("l", "é"), "x"],
    ["the largest id of ustar", file("a", { uid: 0o7777777 }), "0"],
    ["a larger id", file("a", { uid: 0o7777777 + 1 }), "x"],
    ["the largest size of ustar", file("a", { size: 8 * 2 ** 30 - 1 }), "0"],
    ["a larger size", file("a", { size: 8 * 2 ** 30 }), "x"],
    ["a time before the epoch", file("a", { mtime: -1 }), "x"],
    ["nanoseconds, which are dropped", file("a", { mtimeNs: 5 }), "0"],
    ["an attribute that does not leave", file("a", { xattrs: { "user.x": Buffer.of(1) } }), "0"],
    ["LT-05: a capability", file("a", { xattrs: { "security.capability": Buffer.of(1) } }), "x"],
    [
      "LT-05: a capability of a further name",
      file("a", { hardLink: "b", xattrs: { "security.capability": Buffer.of(1) } }),
      "x",
    ],
  ])("LT-03: USTAR when it fits, PAX otherwise: %s", (_, entry, first) => {
    expect(typeOf(entry)).toBe(first);
  });

  it("LT-06: a deletion is an empty file of mode 0 and time 0", () => {
    const [member] = readMembers(writeArchive([whiteout("a/b")]));
    expect(member).toMatchObject({ name: "a/.wh.b", type: "file", mode: 0, size: 0, mtime: 0, uid: 0 });
    expect(readMembers(writeArchive([dir("a", { opaque: true })])).map((m) => m.name)).toEqual([
      "a/",
      "a/.wh..wh..opq",
    ]);
  });

  it("LT-04: a hard link is a link entry without bytes", () => {
    const [member] = readMembers(writeArchive([file("b", { hardLink: "a", size: 100 })]));
    expect(member).toMatchObject({ name: "b", type: "hardlink", linkName: "a", size: 0 });
  });

  it("LT-03: a pax header is called and filled as Go does it", () => {
    const blocks = entryHeader(file("d/é/x"));
    expect(nameOf(file("d/é/x"))).toBe("d//PaxHeaders.0/x");
    expect(nameOf(dir("d/é"))).toBe("d//PaxHeaders.0");
    expect(blocks.toString("latin1", 329, 345)).toBe("\0".repeat(16));
    expect(blocks.toString("utf8", 512, 526)).toBe("15 path=d/é/x\n".slice(0, 13));
    expect(blocks.toString("latin1", 1024, 1024 + 6)).toBe("d//x\0\0");
    const cut = entryHeader(file(`${"a".repeat(99)}/${"b".repeat(101)}`));
    expect(cut.subarray(-512).toString("latin1", 0, 100)).toBe(`${"a".repeat(99)}\0`);
  });

  it("LT-01: an archive without entries is 1024 zeros", () => {
    expect(writeArchive([])).toEqual(Buffer.alloc(1024));
  });
});

const EVERYTHING: readonly Entry[] = [
  dir(""),
  dir("d", { mode: 0o1777, uid: 3_000_000, gid: 7 }),
  file("d/cap", { xattrs: { "security.capability": Buffer.from([1, 0, 0, 2, 0, 10]) } }),
  file("d/f", { mode: 0o6711, mtime: 1_600_000_000 }),
  file("d/g", { hardLink: "d/f", mode: 0o6711, mtime: 1_600_000_000 }),
  symlink("d/l", "../../é"),
  { ...file("d/null"), type: "char", devMajor: 1, devMinor: 3 },
  { ...file("d/pipe"), type: "fifo" },
  file(LONG),
  file(TOO_LONG),
  file("naïve", { mtime: -100 }),
  file(decodeName(Buffer.from([0x78, 0xfe]))),
];

describe("reading back what was written", () => {
  const archive = writeArchive(EVERYTHING, {
    "d/f": Buffer.from("hello"),
    [TOO_LONG]: Buffer.alloc(1000, 7),
  });

  it.each([1, 100, 512, 1000, 1 << 20])("gives the same entries in chunks of %i bytes", (chunkSize) => {
    const members = readMembers(archive, chunkSize);
    expect(members.map((m) => m.name.replace(/\/$/, "").replace(/^\.$/, ""))).toEqual(
      EVERYTHING.map((e) => e.path),
    );
    for (const [i, entry] of EVERYTHING.entries()) {
      const { mode, uid, gid, mtime } = entry;
      expect(members[i]).toMatchObject({ mode, uid, gid, mtime });
      expect(members[i]!.linkName).toBe(entry.hardLink ?? entry.linkTarget ?? "");
      expect(members[i]!.xattrs).toEqual(entry.xattrs ?? {});
    }
    expect(members[3]!.bytes.toString()).toBe("hello");
    expect(members[9]!.bytes).toEqual(Buffer.alloc(1000, 7));
    expect([members[6]!.devMajor, members[6]!.devMinor]).toEqual([1, 3]);
  });

  it.runIf(hasProgram("tar"))("LT-03: GNU tar lists it", () => {
    const lines = run("tar", ["--numeric-owner", "--quoting-style=escape", "-tvf", "-"], archive)
      .toString()
      .trim()
      .split("\n");
    const rows = lines.map((line) =>
      line.replace(/ +/g, " ").replace(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? /, ""),
    );
    expect(rows.slice(0, 8)).toEqual([
      "drwxr-xr-x 0/0 0 ./",
      "drwxrwxrwt 3000000/7 0 d/",
      "-rw-r--r-- 0/0 0 d/cap",
      "-rws--s--x 0/0 5 d/f",
      "hrws--s--x 0/0 0 d/g link to d/f",
      "lrwxrwxrwx 0/0 0 d/l -> ../../\\303\\251",
      "crw-r--r-- 0/0 1,3 d/null",
      "prw-r--r-- 0/0 0 d/pipe",
    ]);
    expect(rows.slice(8)).toEqual([
      `-rw-r--r-- 0/0 0 ${LONG}`,
      `-rw-r--r-- 0/0 1000 ${TOO_LONG}`,
      "-rw-r--r-- 0/0 0 na\\303\\257ve",
      "-rw-r--r-- 0/0 0 x\\376",
    ]);
  });
});
