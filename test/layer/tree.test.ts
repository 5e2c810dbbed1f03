import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/core/file-tree.ts";
import { LayerTree } from "../../src/layer/tree.ts";
import { dir, file, symlink, tocOf, whiteout } from "./entries.ts";

const stack = (...layers: readonly (readonly Entry[])[]) => new LayerTree(layers.map((l) => tocOf(...l)));
const walked = (tree: LayerTree, from = "") => [...tree.walk(from)].map((e) => e.path);

const BASE = [dir("a"), file("a/x", { size: 1 }), dir("a/d"), file("a/d/y"), symlink("l", "a"), file("z")];

describe("a stack of layers", () => {
  it("shows the topmost of each path", () => {
    const tree = stack(BASE, [dir("a", { mode: 0o700 }), file("a/x", { size: 2 })]);
    expect(tree.lookup("a/x")?.size).toBe(2);
    expect(tree.layerOf("a/x")).toBe(1);
    expect(tree.lookup("a")?.mode).toBe(0o700);
    expect(tree.layerOf("a/d/y")).toBe(0);
    expect(walked(tree)).toEqual(["a", "a/d", "a/d/y", "a/x", "l", "z"]);
  });

  it("LT-06: hides what a whiteout deletes, and shows what a later layer puts there again", () => {
    const layers = [BASE, [dir("a"), whiteout("a/d"), whiteout("z")]];
    const tree = stack(...layers);
    expect(tree.lookup("a/d")).toBeUndefined();
    expect(tree.lookup("a/d/y")).toBeUndefined();
    expect(tree.list("a")).toEqual(["x"]);
    expect(walked(tree)).toEqual(["a", "a/x", "l"]);
    const again = stack(...layers, [dir("a"), dir("a/d"), file("a/d/new")]);
    expect(again.list("a/d")).toEqual(["new"]);
    expect(again.layerOf("a/d")).toBe(2);
  });

  it("LT-06: an opaque directory hides everything below it in lower layers", () => {
    const tree = stack(BASE, [dir("a", { opaque: true }), file("a/new")], [dir("a"), file("a/newer")]);
    expect(tree.list("a")).toEqual(["new", "newer"]);
    expect(tree.lookup("a/x")).toBeUndefined();
    expect(tree.lookup("a/d/y")).toBeUndefined();
    expect(stack(BASE, [dir("", { opaque: true }), file("only")]).list("")).toEqual(["only"]);
  });

  it("LT-06: a directory that is opaque in its layer is an ordinary one for those above, who copy its entry", () => {
    const opaque = [dir("a", { opaque: true }), file("a/new")];
    for (const tree of [stack(BASE, opaque), stack(opaque), stack([dir("", { opaque: true })])]) {
      const entries = ["", "a"].flatMap((path) => tree.lookup(path) ?? []);
      expect([...entries, ...tree.walk("")].filter((entry) => "opaque" in entry)).toEqual([]);
    }
  });

  it("a file or link over a directory hides what was below, even where a directory follows", () => {
    const over = [file("a")];
    expect(stack(BASE, over).lookup("a/x")).toBeUndefined();
    expect(stack(BASE, over).list("a")).toEqual([]);
    const back = stack(BASE, over, [dir("a"), file("a/q")]);
    expect(back.list("a")).toEqual(["q"]);
    expect(stack(BASE, [symlink("a", "b")]).lookup("a/x")).toBeUndefined();
    expect(stack(BASE, [dir("z"), file("z/in")]).list("z")).toEqual(["in"]);
  });

  it("never follows a link", () => {
    const tree = stack(BASE);
    expect(tree.lookup("l")?.type).toBe("symlink");
    expect(tree.lookup("l/x")).toBeUndefined();
    expect(tree.list("l")).toEqual([]);
  });

  it("always has a root", () => {
    expect(stack().lookup("")).toMatchObject({ path: "", type: "dir", mode: 0o755 });
    expect(stack().list("")).toEqual([]);
    const tree = stack(BASE, [dir("", { mode: 0o700 })], [file("top")]);
    expect(tree.lookup("")?.mode).toBe(0o700);
    expect(tree.layerOf("")).toBe(1);
    expect(tree.list("")).toEqual(["a", "l", "top", "z"]);
  });

  it("walks a directory that several layers share", () => {
    const tree = stack(BASE, [dir("a"), dir("a/c"), file("a/c/1"), whiteout("a/x")]);
    expect(walked(tree, "a")).toEqual(["a/c", "a/c/1", "a/d", "a/d/y"]);
    expect(walked(tree, "missing")).toEqual([]);
  });

  it("gives the same answers however often it is asked, in a stack of little layers over a large one", () => {
    const large = Array.from({ length: 200 }, (_, i) => file(`large/${i}`));
    const layers = [
      [dir("large"), ...large],
      [dir("large"), whiteout("large/7")],
      [dir("large"), file("large/8", { size: 8 })],
      [file("top")],
    ];
    const tree = stack(...layers);
    const answers = () =>
      ["large/7", "large/8", "large/9", "top", "missing", "large"].map((path) => tree.lookup(path));
    const first = answers();
    expect(first.map((entry) => entry?.path)).toEqual([
      undefined,
      "large/8",
      "large/9",
      "top",
      undefined,
      "large",
    ]);
    for (let times = 0; times < 6; times++) expect(answers()).toEqual(first);
  });

  it("works through five hundred layers", () => {
    const layers = Array.from({ length: 500 }, (_, i) => [
      dir("d"),
      file(`d/${i}`),
      file("same", { size: i }),
    ]);
    const tree = stack(BASE, ...layers);
    expect(tree.lookup("same")?.size).toBe(499);
    expect(tree.lookup("a/d/y")?.path).toBe("a/d/y");
    expect(tree.list("d").length).toBe(500);
  });
});
