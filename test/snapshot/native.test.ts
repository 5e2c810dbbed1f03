import { lstatSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { convertToNative } from "../../src/snapshot/native.ts";
import { verifySnapshot } from "../../src/snapshot/verify.ts";
import { libc } from "../../src/sys/libc.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";

const PREFIX = "trusted.overlay.";

function entry(path: string, type: Entry["type"], rest: Partial<Entry> = {}): Entry {
  return { path, type, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 100, mtimeNs: 0, ...rest };
}

const ENTRIES: readonly Entry[] = [
  entry("", "dir"),
  entry("d", "dir", { mode: 0o500, uid: 7, gid: 8, opaque: true }),
  entry("d/f", "file", { mode: 0o4640, uid: 9, gid: 10, size: 4, digest: digestOf("text") }),
  entry("d/gone", "whiteout"),
  entry("dev", "char", { mode: 0o600, devMajor: 1, devMinor: 3 }),
  entry("pipe", "fifo", { mode: 0o622 }),
];

function portable(): string {
  return writeTree(temporaryFolder(), { "d/f": "text" });
}

function native(): string {
  const folder = portable();
  convertToNative(ENTRIES, folder, PREFIX);
  return folder;
}

describe("convertToNative", () => {
  it("gives owners, modes, times, devices and whiteouts their form on disk", () => {
    const folder = native();
    const at = (path: string) => lstatSync(join(folder, path));
    expect([at("d").mode & 0o7777, at("d").uid, at("d").gid]).toEqual([0o500, 7, 8]);
    expect([at("d/f").mode & 0o7777, at("d/f").uid, at("d/f").gid]).toEqual([0o4640, 9, 10]);
    expect([at("d").mtimeMs, at("d/f").mtimeMs]).toEqual([100_000, 100_000]);
    expect([at("d/gone").isCharacterDevice(), at("d/gone").rdev]).toEqual([true, 0]);
    expect([at("dev").isCharacterDevice(), at("dev").rdev]).toEqual([true, 0x103]);
    expect([at("pipe").isFIFO(), at("pipe").mode & 0o7777]).toEqual([true, 0o622]);
    expect(libc().getXattr(join(folder, "d"), `${PREFIX}opaque`)?.toString()).toBe("y");
    expect(readFileSync(join(folder, "d/f"), "utf8")).toBe("text");
  });

  it("changes nothing when it is done twice", () => {
    const folder = native();
    const inode = statSync(join(folder, "d/f")).ino;
    convertToNative(ENTRIES, folder, PREFIX);
    expect(statSync(join(folder, "d/f")).ino).toBe(inode);
    expect(verifySnapshot(ENTRIES, folder, { owners: true, contents: true })).toBeUndefined();
  });
});

describe("verifySnapshot", () => {
  const check = (folder: string, contents = false) =>
    verifySnapshot(ENTRIES, folder, { owners: true, contents });

  it("finds nothing where all is well", () => {
    expect(check(native(), true)).toBeUndefined();
  });

  it("names the first thing that is missing, shorter or surplus", () => {
    const missing = native();
    rmSync(join(missing, "pipe"));
    expect(check(missing)).toBe("pipe: it is missing");
    const shorter = native();
    truncateSync(join(shorter, "d/f"), 0);
    expect(check(shorter)).toBe("d/f: it has 0 bytes, not 4");
    const surplus = native();
    writeFileSync(join(surplus, "d/more"), "");
    expect(check(surplus)).toBe("d/more: it should not be there");
  });

  it("finds changed bytes of the same length only where it reads them", () => {
    const folder = native();
    writeFileSync(join(folder, "d/f"), "TEXT");
    expect(verifySnapshot(ENTRIES, folder, { owners: false })).toBeUndefined();
    expect(verifySnapshot(ENTRIES, folder, { owners: false, contents: true })).toBe(
      "d/f: its bytes have another digest",
    );
  });
});
