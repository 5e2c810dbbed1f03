import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ContainerTree } from "../../src/container/container-tree.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { resolvePath } from "../../src/layer/resolve.ts";
import { libc } from "../../src/sys/libc.ts";
import { temporaryFolder } from "../support/folders.ts";

/** An image of these paths; those with a slash at the end are directories. */
function image(...paths: readonly string[]) {
  const all = new Map<string, Entry>();
  for (const text of paths) {
    const type = text.endsWith("/") ? "dir" : "file";
    const path = text.replace(/\/$/, "");
    all.set(path, { path, type, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 });
  }
  const inside = (folder: string) => (path: string) =>
    path !== "" && path.slice(0, Math.max(path.lastIndexOf("/"), 0)) === folder;
  return {
    name: "image",
    lookup: (path: string) => all.get(path),
    list: (path: string) => [...all.keys()].filter(inside(path)).map((name) => name.split("/").at(-1)!),
    prepare: async () => {},
    locate: (path: string) => `/image/${path}`,
    digests: async () => new Map(),
    linkIdentity: () => undefined,
  };
}

const PREFIX = "user.overlay.";
const below = image("", "etc/", "etc/passwd", "etc/group", "bin/", "bin/sh", "old/", "old/file");

describe("the files of a container", () => {
  it("are those that it wrote over those of its image", () => {
    const upper = temporaryFolder();
    mkdirSync(join(upper, "etc"));
    writeFileSync(join(upper, "etc/passwd"), "changed");
    const tree = new ContainerTree(upper, below, PREFIX);
    expect(tree.lookup("etc/passwd")?.size).toBe(7);
    expect(tree.locate("etc/passwd")).toBe(`${upper}/etc/passwd`);
    expect(tree.locate("etc/group")).toBe("/image/etc/group");
    expect(tree.list("etc")).toEqual(["group", "passwd"]);
    expect(tree.lookup("bin/sh")).toBeDefined();
    expect(tree.lookup("nothing")).toBeUndefined();
  });

  it("lack what it deleted, and what lies below a directory that it made anew", () => {
    const upper = temporaryFolder();
    for (const name of ["etc", "old"]) mkdirSync(join(upper, name));
    libc().makeDevice(join(upper, "etc/group"), "char", { mode: 0, major: 0, minor: 0 });
    libc().makeDevice(join(upper, "bin"), "char", { mode: 0, major: 0, minor: 0 });
    libc().setXattr(join(upper, "old"), `${PREFIX}opaque`, Buffer.from("y"));
    const tree = new ContainerTree(upper, below, PREFIX);
    for (const path of ["etc/group", "bin", "bin/sh", "old/file"]) expect(tree.lookup(path)).toBeUndefined();
    expect(tree.list("etc")).toEqual(["passwd"]);
    expect(tree.list("old")).toEqual([]);
    expect(tree.list("")).toEqual(["etc", "old"]);
  });

  it("are never reached through links that it made", () => {
    const upper = temporaryFolder();
    const outside = temporaryFolder();
    writeFileSync(join(outside, "secret"), "x");
    symlinkSync(outside, join(upper, "etc"));
    const tree = new ContainerTree(upper, below, PREFIX);
    expect(tree.lookup("etc")).toMatchObject({ type: "symlink", linkTarget: outside });
    expect(tree.lookup("etc/secret")).toBeUndefined();
    expect(tree.lookup("etc/passwd")).toBeUndefined();
    expect(resolvePath(tree, "/etc/secret", { followLast: true })).toMatchObject({ entry: undefined });
  });
});
