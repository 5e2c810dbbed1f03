import { spawnSync } from "node:child_process";
import { chmodSync, linkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readTar } from "../../conformance/src/observe/tar.ts";
import { writeTar } from "../../conformance/src/services/tar-writer.ts";
import { makeFolder, writeTree } from "../support/folders.ts";

const LONG = `${"long/".repeat(40)}name`;

it.each(["pax", "gnu"])("the suite's reader understands archives in tar's %s format", (format) => {
  const { path, remove } = makeFolder();
  try {
    writeTree(path, { a: "text\n", [LONG]: "x" });
    chmodSync(join(path, "a"), 0o4750);
    linkSync(join(path, "a"), join(path, "b"));
    symlinkSync("a", join(path, "c"));
    const args = ["--sort=name", "--owner=7", "--group=8", "--numeric-owner", "--mtime=@1000"];
    const { stdout } = spawnSync("tar", [
      `--format=${format}`,
      ...args,
      "-C",
      path,
      "-c",
      "a",
      "b",
      "c",
      LONG,
    ]);
    const owner = { uid: 7, gid: 8, mtime: 1000 };
    expect(readTar(stdout, 2e9)).toMatchObject([
      { path: "a", type: "file", mode: 0o4750, size: 5, text: "text\n", ...owner },
      { path: "b", type: "hardlink", target: "a", ...owner },
      { path: "c", type: "symlink", target: "a", ...owner },
      { path: LONG, type: "file", size: 1, ...owner },
    ]);
  } finally {
    remove();
  }
});

it("the suite's writer makes what its reader reads", () => {
  const archive = writeTar([
    { path: "d/", mode: 0o711, uid: 5 },
    { path: "d/f", mode: 0o600, content: Buffer.from("hello") },
    { path: "l", mode: 0o777, link: "d/f" },
  ]);
  expect(readTar(archive, 2e9)).toMatchObject([
    { path: "d/", type: "directory", mode: 0o711, uid: 5 },
    { path: "d/f", type: "file", mode: 0o600, text: "hello" },
    { path: "l", type: "symlink", target: "d/f" },
  ]);
});

it("times since the build began are `now`", () => {
  expect(readTar(writeTar([{ path: "f", mode: 0o600 }]), 1_577_900_000)[0]?.mtime).toBe("now");
});
