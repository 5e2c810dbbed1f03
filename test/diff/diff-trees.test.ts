import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { diffTrees } from "../../src/diff/diff-trees.ts";
import { isAtOrBelow, selectedPaths } from "../../src/diff/selected-paths.ts";
import { LayerTree } from "../../src/layer/tree.ts";
import { dir, file, symlink, tocOf, whiteout } from "../layer/entries.ts";

type Layers = readonly (readonly Entry[])[];

const tree = (layers: Layers) => new LayerTree(layers.map((layer) => tocOf(...layer)));
const diff = (before: Layers, after: Layers, options: { paths?: string[]; mtime?: boolean } = {}) => {
  const { paths = [""], mtime = false } = options;
  return [...diffTrees(tree(before), tree(after), { paths, mtime })];
};
const told = (...sides: Parameters<typeof diff>) =>
  diff(...sides).map(({ kind, path, fields }) => [kind[0], path, ...fields].join(" "));
const withBytes = (path: string, text: string, more: Partial<Entry> = {}) =>
  file(path, { size: text.length, digest: digestOf(Buffer.from(text)), ...more });

const BASE = [dir("a"), withBytes("a/x", "one"), dir("a/d"), withBytes("a/d/y", "two"), symlink("l", "a")];

describe("two file trees", () => {
  it("differ in what one has, and in each property of what both have", () => {
    const changed = [
      dir("a", { mode: 0o1777 }),
      withBytes("a/x", "eno", { uid: 7 }),
      file("l"),
      dir("a/d"),
      withBytes("a/d/z", ""),
    ];
    expect(told([BASE], [BASE, changed])).toEqual([
      "c /a mode",
      "a /a/d/z",
      "c /a/x owner content",
      "c /l type mode",
    ]);
    expect(told([BASE, changed], [BASE])).toContain("r /a/d/z");
  });

  it("are what their stacks of layers show: whiteouts and opaque folders hide, and leave no trace themselves", () => {
    const hidden = [dir("a"), whiteout("a/d"), whiteout("l")];
    expect(told([BASE], [BASE, hidden])).toEqual(["r /a/d", "r /a/d/y", "r /l"]);
    const opaque = [dir("a", { opaque: true }), withBytes("a/x", "one")];
    expect(told([BASE], [BASE, opaque])).toEqual(["r /a/d", "r /a/d/y"]);
    expect(told([BASE, opaque], [[dir("a"), withBytes("a/x", "one"), symlink("l", "a")]])).toEqual([]);
  });

  it("compare by digests, links by targets, devices by numbers, and times only where asked for", () => {
    const char = (devMinor: number): Entry => ({ ...file("n"), type: "char", devMajor: 1, devMinor });
    expect(told([[char(3)]], [[char(5)]])).toEqual(["c /n device"]);
    expect(told([[symlink("l", "a")]], [[symlink("l", "b")]])).toEqual(["c /l linkTarget"]);
    expect(told([[symlink("l", "a", { mode: 0o700 })]], [[symlink("l", "a")]])).toEqual([]);
    const [old, now] = [[file("f", { mtime: 1, mtimeNs: 0 })], [file("f", { mtime: 2, mtimeNs: 5 })]];
    expect(told([old], [now])).toEqual([]);
    expect(diff([old], [now], { mtime: true })).toMatchObject([
      { fields: ["mtime"], before: { mtime: 1 }, after: { mtime: 2 } },
    ]);
  });

  it("tell capabilities apart from other attributes", () => {
    const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
    const [plain, able, other] = [
      file("f"),
      file("f", { xattrs: { "security.capability": capability, "user.a": Buffer.from("1") } }),
      file("f", { xattrs: { "security.capability": capability, "user.a": Buffer.from("2") } }),
    ];
    const [change] = diff([[plain]], [[able]]);
    expect(change).toMatchObject({
      fields: ["capabilities", "xattrs"],
      after: { capabilities: "cap_net_raw=ep", xattrs: { "user.a": "31" } },
    });
    expect(change!.before).not.toHaveProperty("capabilities");
    expect(told([[able]], [[other]])).toEqual(["c /f xattrs"]);
    expect(told([[able]], [[able]])).toEqual([]);
  });

  it("take a further name of a file for a file with its bytes", () => {
    const linked = [withBytes("a", "x"), withBytes("b", "x", { hardLink: "a" })];
    expect(told([linked], [[withBytes("a", "x"), withBytes("b", "x")]])).toEqual([]);
    expect(told([linked], [[withBytes("a", "x"), withBytes("b", "y")]])).toEqual(["c /b content"]);
  });

  it("are compared only below the paths that are named, whole names at a time", () => {
    const more = [dir("ab"), file("ab/q"), dir("a"), file("a/n"), file("z")];
    expect(told([BASE], [BASE, more], { paths: ["a"] })).toEqual(["a /a/n"]);
    expect(told([BASE], [BASE, more], { paths: ["a/n", "z"] })).toEqual(["a /a/n", "a /z"]);
  });

  it("say that the root is different, too", () => {
    expect(told([[dir("", { mode: 0o700 })]], [[dir("")]])).toEqual(["c / mode"]);
  });
});

describe("paths that are compared", () => {
  it("are sorted, cleaned, and none lies below another", () => {
    expect(selectedPaths(["/usr//lib/", "usr/lib/x", "./a", "b/."])).toEqual(["a", "b", "usr/lib"]);
    expect(selectedPaths(["/", "a"])).toEqual([""]);
    expect(isAtOrBelow("usr/library", ["usr/lib"])).toBe(false);
    expect(isAtOrBelow("usr/lib/x", ["usr/lib"])).toBe(true);
    expect(() => selectedPaths(["a/../b"])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
