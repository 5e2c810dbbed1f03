import type { Entry, FileTree } from "../../src/core/file-tree.ts";
import { parentOf, resolvePath } from "../../src/layer/resolve.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { path, word } from "../grammar/text.ts";

/** Paths through trees full of links. The first part is the path, the others are `name` or `name TAB link target`. */
export const resolveTarget: Target = {
  name: "resolve",
  about: "paths inside images, with links that lead in circles and out of the root",
  seeds: [
    ["a/b/c", "a\t../x", "x/b\t/y", "y/c"],
    ["l/../l", "l\tl2", "l2\t../../../../etc", "etc\t."],
    ["a", "a\tb", "b\ta"],
  ].map(joinParts),
  dictionary: ["..", "../", "./", "/", "\t", "\t/", "\0a\tb"],
  generate: (random) => {
    const names = random.several(1, 6, () => word(random));
    const place = () => random.several(1, 3, () => random.pick(names)).join("/");
    const link = () =>
      `${place()}${random.chance(0.7) ? `\t${random.chance(0.5) ? place() : path(random)}` : ""}`;
    return joinParts([place(), ...random.several(1, 8, link)]);
  },
  run: (input) => {
    const [asked = "", ...entries] = splitParts(input);
    const tree = treeOf(entries);
    for (const followLast of [true, false]) {
      const found = resolvePath(tree, asked, { followLast });
      must(
        !/^\/|(^|\/)\.{1,2}(\/|$)|\/\/|\/$/.test(found.path),
        () => `${JSON.stringify(found.path)} is no clean path`,
      );
      must(found.entry === tree.lookup(found.path), () => "the entry is that of another path");
      must(!followLast || found.entry?.type !== "symlink", () => "a link was not followed");
      for (let at = parentOf(found.path); at !== ""; at = parentOf(at))
        must(tree.lookup(at)?.type !== "symlink", () => `a link is left on the way: ${JSON.stringify(at)}`);
      const again = resolvePath(tree, found.path, { followLast });
      must(again.path === found.path, () => "resolved again it is somewhere else");
    }
  },
};

function treeOf(written: readonly string[]): FileTree {
  const entries = new Map<string, Entry>();
  for (const line of written) {
    const [name = "", target] = line.split("\t");
    const at = name
      .split("/")
      .filter((part) => part !== "" && part !== "." && part !== "..")
      .join("/");
    if (at === "") continue;
    const shape = { path: at, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };
    entries.set(
      at,
      target === undefined ? { ...shape, type: "dir" } : { ...shape, type: "symlink", linkTarget: target },
    );
  }
  return { lookup: (at) => entries.get(at), list: () => [] };
}
