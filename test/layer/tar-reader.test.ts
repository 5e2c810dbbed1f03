import { createHash } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { looksLikeTar, TAR_BLOCK } from "../../src/layer/tar-header.ts";
import { entryHeader, TAR_END } from "../../src/layer/tar-writer.ts";
import { hasProgram, readMembers, run, writeArchive } from "./archives.ts";
import { file } from "./entries.ts";

const invalid = expect.objectContaining({ code: "LAYER_INVALID" });
const LONG = "n".repeat(120);
const MIB = 1024 * 1024;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-tar-"));
  mkdirSync(join(folder, "d"));
  writeFileSync(join(folder, "d/file"), "content");
  writeFileSync(join(folder, "d/empty"), "");
  writeFileSync(join(folder, "d/big"), Buffer.alloc(300_000, "x"));
  linkSync(join(folder, "d/file"), join(folder, "d/hard"));
  symlinkSync("file", join(folder, "d/link"));
  utimesSync(join(folder, "d/file"), 1_600_000_000, 1_600_000_000);
  mkdirSync(join(folder, "s"));
  const sparse = openSync(join(folder, "s/sparse"), "w");
  for (let i = 0; i < 30; i++) writeSync(sparse, Buffer.alloc(4096, i + 1), 0, 4096, i * 2 * MIB + 8192);
  ftruncateSync(sparse, 64 * MIB + 5);
  closeSync(sparse);
  writeFileSync(join(folder, "s/hole"), "");
  truncateSync(join(folder, "s/hole"), MIB);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gnuTar = (...args: readonly string[]) => run("tar", ["-C", folder, "--sort=name", "-cf", "-", ...args]);

describe.runIf(hasProgram("tar"))("archives of GNU tar", () => {
  it.each(["v7", "oldgnu", "gnu", "ustar", "posix"])("format %s", (format) => {
    const members = readMembers(gnuTar(`--format=${format}`, "d"));
    expect(members.map((m) => [m.name, m.type, m.size, m.linkName])).toEqual([
      ["d/", "dir", 0, ""],
      ["d/big", "file", 300_000, ""],
      ["d/empty", "file", 0, ""],
      ["d/file", "file", 7, ""],
      ["d/hard", "hardlink", 0, "d/file"],
      ["d/link", "symlink", 0, "file"],
    ]);
    expect(members[3]!.bytes.toString()).toBe("content");
    expect(members[3]!.mtime).toBe(1_600_000_000);
    expect(members[1]!.bytes).toEqual(Buffer.alloc(300_000, "x"));
  });

  it.each(["gnu", "posix"])("long names and link targets, format %s", (format) => {
    const rename = `--transform=s,d/file,${LONG}/${LONG},`;
    const names = readMembers(gnuTar(`--format=${format}`, rename, "d/file", "d/hard")).map((m) => [
      m.name,
      m.linkName,
    ]);
    expect(names).toEqual([
      [`${LONG}/${LONG}`, ""],
      ["d/hard", `${LONG}/${LONG}`],
    ]);
  });

  it.each([
    ["gnu", []],
    ["posix", ["--sparse-version=0.0"]],
    ["posix", ["--sparse-version=0.1"]],
    ["posix", ["--sparse-version=1.0"]],
  ])("LT-07: sparse files, format %s %s", (format, options) => {
    const archive = gnuTar(`--format=${format}`, "-S", ...options, "s");
    expect(archive.length).toBeLessThan(MIB);
    const members = readMembers(archive, 777);
    expect(members.map((m) => [m.name, m.size])).toEqual([
      ["s/", 0],
      ["s/hole", MIB],
      ["s/sparse", 64 * MIB + 5],
    ]);
    const plain = readMembers(gnuTar("s/sparse"));
    const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    expect(digest(members[2]!.bytes)).toBe(digest(plain[0]!.bytes));
    expect(digest(members[1]!.bytes)).toBe(digest(Buffer.alloc(MIB)));
  });

  it("numbers in base 256, owners and times of pax", () => {
    const [big] = readMembers(
      gnuTar("--format=gnu", "--owner=:5000000", "--group=:6000000", "--mtime=@-5", "d/file"),
    );
    expect(big).toMatchObject({ uid: 5_000_000, gid: 6_000_000, mtime: -5 });
    const [pax] = readMembers(gnuTar("--format=posix", "--owner=:5000000", "--mtime=@-5.25", "d/file"));
    expect(pax).toMatchObject({ uid: 5_000_000, mtime: -6, mtimeNs: 750_000_000 });
  });

  it("a global header has no effect", () => {
    const archive = gnuTar("--format=posix", "--pax-option=globexthdr.name=g,comment=x,mtime=7", "d/empty");
    expect(archive[156]).toBe("g".charCodeAt(0));
    expect(readMembers(archive)[0]!.mtime).not.toBe(7);
  });

  it("a volume label is passed over", () => {
    expect(readMembers(gnuTar("--label=x", "d/empty")).map((m) => m.name)).toEqual(["d/empty"]);
  });
});

describe("what is no sound archive", () => {
  const good = writeArchive([file("a"), file("b")], { a: Buffer.from("1234") });

  it("bytes after the end mark do not matter, and a missing end mark is forgiven", () => {
    expect(readMembers(Buffer.concat([good, Buffer.from("anything")])).length).toBe(2);
    expect(readMembers(good.subarray(0, -TAR_END.length)).length).toBe(2);
    expect(readMembers(Buffer.alloc(0))).toEqual([]);
  });

  it.each([100, 513, 600, 1023, 1100])("an archive cut off after %i bytes", (length) => {
    expect(() => readMembers(good.subarray(0, length))).toThrow(invalid);
  });

  it("an extended header with nothing behind it", () => {
    const header = entryHeader(file("é"));
    expect(() => readMembers(header.subarray(0, header.length - TAR_BLOCK))).toThrow(invalid);
  });

  it("a wrong checksum, and entries after a block of zeros", () => {
    const damaged = Buffer.from(good);
    damaged[0] = 0x41;
    expect(() => readMembers(damaged)).toThrow(invalid);
    expect(() => readMembers(Buffer.concat([Buffer.alloc(TAR_BLOCK), good]))).toThrow(invalid);
  });

  it.each([
    ["a size beyond its end", (b: Buffer) => b.write("77777777777\0", 124)],
    ["a negative size", (b: Buffer) => b.fill(0xff, 124, 136)],
    ["a number that is none", (b: Buffer) => b.write("12x4567\0", 108)],
    ["an unknown type", (b: Buffer) => b.write("Z", 156)],
    ["a huge number", (b: Buffer) => b.fill(0x80, 124, 136).fill(0xff, 126, 136)],
    ["a part of several volumes", (b: Buffer) => b.write("M", 156)],
    ["an extended header of gigabytes", (b: Buffer) => b.write("x", 156) + b.write("17777777777\0", 124)],
  ])("%s", (_, change) => {
    const block = Buffer.from(entryHeader(file("a")));
    change(block);
    block.write("        ", 148);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    expect(() => readMembers(Buffer.concat([block, Buffer.alloc(2048)]))).toThrow(invalid);
  });

  it.each(["9 a=b\n", "6 a=b", "x a=b\n", "5 a=\n\n", "7 =bcd\n", "99 path=x\n"])(
    "the pax record %j",
    (record) => {
      const bytes = Buffer.from(record);
      const block = Buffer.from(entryHeader({ ...file("p"), size: bytes.length }));
      block.write("x", 156);
      block.write("        ", 148);
      block.write(
        `${block
          .reduce((t, b) => t + b, 0)
          .toString(8)
          .padStart(6, "0")}\0 `,
        148,
      );
      const padded = Buffer.concat([bytes, Buffer.alloc(TAR_BLOCK - bytes.length)]);
      expect(() => readMembers(Buffer.concat([block, padded, good]))).toThrow(invalid);
    },
  );

  it("AD-01: an archive is known by its first header, not by its name", () => {
    expect(looksLikeTar(good)).toBe(true);
    expect(looksLikeTar(Buffer.alloc(1024))).toBe(false);
    expect(looksLikeTar(Buffer.from("short"))).toBe(false);
    expect(looksLikeTar(Buffer.alloc(1024, "text "))).toBe(false);
  });
});
