import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { decodeName } from "../../src/core/file-name.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { Toc } from "../../src/layer/toc.ts";
import { encodeToc } from "../../src/layer/toc-writer.ts";
import { fc } from "../support/property.ts";
import { dir, file, sorted, symlink, tocOf, whiteout } from "./entries.ts";

const SAMPLE: readonly Entry[] = [
  dir("", { mtime: 1 }),
  dir("bin", { mode: 0o1777, uid: 1000, gid: 70_000, mtime: -5, mtimeNs: 999_999_999 }),
  file("bin/a", {
    size: 2 ** 40,
    digest: digestOf("a"),
    mode: 0o4755,
    xattrs: { "security.capability": Buffer.from([1, 2, 3]) },
  }),
  file("bin/b", { size: 2 ** 40, digest: digestOf("a"), hardLink: "bin/a" }),
  symlink("bin/sh", "../../../etc/x"),
  { ...file("dev"), type: "char", devMajor: 5, devMinor: 300 },
  { ...file("fifo"), type: "fifo" },
  dir("opaque", { opaque: true }),
  whiteout("opaque/gone"),
  file(decodeName(Buffer.from([0x7a, 0xff])), { digest: digestOf("") }),
];

const names = fc.constantFrom(
  "a",
  "b",
  "a.b",
  "a-b",
  "ab",
  "é",
  "\u{1f600}",
  "\uffee",
  decodeName(Buffer.from([0x80])),
);
const paths = fc.uniqueArray(
  fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
  { maxLength: 80 },
);

describe("a table of contents", () => {
  it("gives back every entry as it was", () => {
    expect([...tocOf(...SAMPLE).entries()]).toEqual(sorted(SAMPLE));
  });

  it("keeps its bytes: format 1", () => {
    const bytes = encodeToc([
      dir("a", { mtime: 1 }),
      file("a/b", { size: 300, mtimeNs: 7, digest: `sha256:${"ab".repeat(32)}` }),
      symlink("a/c", "x", { mtime: -1 }),
    ]);
    expect(bytes.toString("hex")).toBe(
      [
        "736c69707761792d746f632f310a0000 03000000 60000000",
        "00 01 61 08 01 ed03 00 00 00 02 00",
        `01 02 2f62 29 08 a403 00 00 ac02 00 07 ${"ab".repeat(32)}`,
        "02 01 63 0a 12 ff03 00 00 00 01 00 01 78",
        "18000000",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
  });

  it("finds what a scan finds, in any set of paths", () => {
    fc.assert(
      fc.property(paths, names, (all, other) => {
        const toc = tocOf(...all.map((path) => file(path)));
        const scanned = [...toc.entries()];
        expect(scanned.map((_, i) => toc.entryAt(i))).toEqual(scanned);
        for (const path of all) expect(toc.find(path)?.path).toBe(path);
        for (let times = 0; times < 6; times++) expect(toc.find(`${other}/missing`)).toBeUndefined();
        for (const path of [...all].reverse()) expect(toc.find(path)?.path).toBe(path);
        for (const parent of ["", other]) {
          const below = scanned.filter((e) => parent === "" || e.path.startsWith(`${parent}/`));
          expect([...toc.range(parent)]).toEqual(below);
          const prefix = parent === "" ? 0 : parent.length + 1;
          expect(toc.childNames(parent)).toEqual([
            ...new Set(below.map((e) => e.path.slice(prefix).split("/")[0]!)),
          ]);
        }
      }),
    );
  });

  it("answers in 100,000 entries, for the first, the last and one that is not there", () => {
    const toc = tocOf(...Array.from({ length: 100_000 }, (_, i) => file(`d/${String(i).padStart(6, "0")}`)));
    expect(toc.find("d/000000")?.path).toBe("d/000000");
    expect(toc.find("d/099999")?.path).toBe("d/099999");
    expect(toc.find("d/0999990")).toBeUndefined();
    expect(toc.entryAt(100_000)).toBeUndefined();
    expect(toc.childNames("").length).toBe(1);
  });

  it("refuses entries that are out of order or come twice", () => {
    expect(() => encodeToc([file("b"), file("a")])).toThrow(expect.objectContaining({ code: "INTERNAL" }));
    expect(() => encodeToc([file("a"), file("a")])).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });

  it("refuses bytes that it did not write", () => {
    const good = encodeToc(SAMPLE.slice(0, 3));
    const invalid = expect.objectContaining({ code: "LAYER_INVALID" });
    expect(() => Toc.open(Buffer.from("{}"))).toThrow(invalid);
    expect(() => Toc.open(good.subarray(0, -1))).toThrow(invalid);
    expect(() => Toc.open(Buffer.concat([good, Buffer.alloc(4)]))).toThrow(invalid);
    const broken = Buffer.from(good);
    broken.fill(0xff, 24, broken.length - 4);
    expect(() => [...Toc.open(broken).entries()]).toThrow(invalid);
  });
});

describe("the content digest", () => {
  const base = file("f", { size: 1, digest: digestOf("x"), xattrs: { "security.capability": Buffer.of(1) } });
  const digest = (entry: Entry) => tocOf(entry).contentDigest();

  it("CK-05: does not see modification times or other attributes", () => {
    const other = { ...base, mtime: 9, mtimeNs: 9, xattrs: { ...base.xattrs, "user.x": Buffer.of(2) } };
    expect(digest(other)).toBe(digest(base));
  });

  it.each<[string, Partial<Entry>]>([
    ["path", { path: "g" }],
    ["type", { type: "fifo" }],
    ["mode", { mode: 0o4644 }],
    ["owner", { uid: 1 }],
    ["group", { gid: 1 }],
    ["size", { size: 2 }],
    ["bytes", { digest: digestOf("y") }],
    ["link target", { linkTarget: "x" }],
    ["hard link", { hardLink: "e" }],
    ["device", { devMinor: 1 }],
    ["capability", { xattrs: { "security.capability": Buffer.of(2) } }],
    ["opaque", { opaque: true }],
  ])("CK-05: sees a change of the %s", (_, change) => {
    expect(digest({ ...base, ...change })).not.toBe(digest(base));
  });
});
