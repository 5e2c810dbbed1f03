import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeName, fsPath } from "../../src/core/file-name.ts";
import { hasLibc, libc } from "../../src/sys/libc.ts";

const isRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-libc-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(hasLibc())("system calls", () => {
  it("sets and reads times to the nanosecond, before the epoch too", () => {
    const file = join(folder, "f");
    writeFileSync(file, "");
    for (const time of [1_700_000_000_123_456_789n, 0n, -1_500_000_001n]) {
      libc().setTimes(file, "omit", time);
      expect(lstatSync(file, { bigint: true }).mtimeNs).toBe(time);
    }
  });

  it("sets the times of an open file, before the epoch and after 2106 too", () => {
    const fd = openSync(join(folder, "f"), "w");
    for (const [seconds, ns] of [
      [1_700_000_000, 123_456_789],
      [0, 0],
      [-2, 999_999_999],
      [5_000_000_000, 1],
    ] as const) {
      libc().setOpenTimes(fd, seconds, ns);
      const { atimeNs, mtimeNs } = fstatSync(fd, { bigint: true });
      expect([atimeNs, mtimeNs]).toEqual(Array(2).fill(BigInt(seconds) * 1_000_000_000n + BigInt(ns)));
    }
    closeSync(fd);
    expect(() => libc().setOpenTimes(fd, 0, 0)).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("sets the times of a link, not of what it leads to", () => {
    writeFileSync(join(folder, "f"), "");
    symlinkSync("f", join(folder, "l"));
    const before = lstatSync(join(folder, "f"), { bigint: true }).mtimeNs;
    libc().setTimes(join(folder, "l"), 1n, 2n);
    expect(lstatSync(join(folder, "l"), { bigint: true }).mtimeNs).toBe(2n);
    expect(lstatSync(join(folder, "f"), { bigint: true }).mtimeNs).toBe(before);
  });

  it("sets, lists, reads and removes extended attributes", () => {
    const file = join(folder, "f");
    writeFileSync(file, "");
    const value = Buffer.from([0, 1, 255]);
    expect(libc().getXattr(file, "user.slipway")).toBeUndefined();
    libc().setXattr(file, "user.slipway", value);
    expect(libc().getXattr(file, "user.slipway")).toEqual(value);
    expect(libc().listXattrs(file)).toEqual(["user.slipway"]);
    libc().removeXattr(file, "user.slipway");
    libc().removeXattr(file, "user.slipway");
    expect(libc().listXattrs(file)).toEqual([]);
  });

  it("reads and writes names that are not UTF-8", () => {
    const file = join(folder, decodeName(Buffer.from([0x61, 0xff])));
    writeFileSync(fsPath(file), "");
    libc().setTimes(file, "omit", 42n);
    expect(lstatSync(fsPath(file), { bigint: true }).mtimeNs).toBe(42n);
  });

  it("fails as Node does, with a code", () => {
    const missing = join(folder, "missing");
    expect(() => libc().setTimes(missing, "omit", 0n)).toThrow(
      expect.objectContaining({ code: "ENOENT", syscall: "utimensat", path: missing }),
    );
    expect(() => libc().getXattr(missing, "user.x")).toThrow(expect.objectContaining({ code: "ENOENT" }));
    expect(() => libc().setXattr(folder, "nonsense", Buffer.alloc(1))).toThrow(
      expect.objectContaining({ code: "ENOTSUP" }),
    );
  });

  it.runIf(isRoot)("makes devices with large numbers, and fifos", () => {
    const device = join(folder, "d");
    libc().makeDevice(device, "block", { mode: 0o600, major: 259, minor: 1_000_000 });
    const found = lstatSync(device, { bigint: true });
    expect(found.isBlockDevice()).toBe(true);
    expect(found.rdev).toBe((259n << 8n) | (1_000_000n & 0xffn) | ((1_000_000n & ~0xffn) << 12n));
    libc().makeFifo(join(folder, "p"), 0o600);
    expect(lstatSync(join(folder, "p")).isFIFO()).toBe(true);
  });

  it("makes the whiteout of overlayfs", () => {
    libc().makeDevice(join(folder, "w"), "char", { mode: 0, major: 0, minor: 0 });
    const found = lstatSync(join(folder, "w"));
    expect([found.isCharacterDevice(), found.rdev]).toEqual([true, 0]);
  });

  it("locks against other descriptions, and shares between readers", () => {
    const path = join(folder, "lock");
    writeFileSync(path, "");
    const first = openSync(path, "r");
    const second = openSync(path, "r");
    expect(libc().lock(first, "shared")).toBe(true);
    expect(libc().lock(second, "shared")).toBe(true);
    expect(libc().lock(second, "exclusive")).toBe(false);
    libc().unlock(first);
    expect(libc().lock(second, "exclusive")).toBe(true);
    closeSync(second);
    expect(libc().lock(first, "exclusive", { wait: true })).toBe(true);
    closeSync(first);
  });
});
