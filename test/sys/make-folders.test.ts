import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeName, fsPath } from "../../src/core/file-name.ts";
import { makeFolders } from "../../src/sys/make-folders.ts";
import { temporaryFolder } from "../support/folders.ts";

describe("makeFolders", () => {
  it("makes what is missing, with the mode, and leaves what is there", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a"), { mode: 0o755 });
    makeFolders(join(folder, "a/b/c"), 0o700);
    makeFolders(join(folder, "a/b/c"), 0o755);
    expect(["a", "a/b", "a/b/c"].map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([
      0o755, 0o700, 0o700,
    ]);
  });

  it("takes a link to a folder for a folder, and names that are not UTF-8", () => {
    const folder = temporaryFolder();
    symlinkSync(".", join(folder, "link"));
    makeFolders(join(folder, "link"));
    const name = join(folder, decodeName(Buffer.from([0x61, 0xff])), "b");
    makeFolders(name);
    expect(existsSync(fsPath(name))).toBe(true);
  });

  it("says that a file is in the way", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    expect(() => makeFolders(join(folder, "file"))).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(() => makeFolders(join(folder, "file/a/b"))).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
  });

  it.runIf(existsSync("/proc/self"))("ends below /proc, where nothing can be made", () => {
    for (const path of ["/proc/slipway-test", "/proc/slipway-test/a/b"])
      expect(() => makeFolders(path)).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });
});
