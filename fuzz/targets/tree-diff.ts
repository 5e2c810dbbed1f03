import { digestOf } from "../../src/core/digest.ts";
import { comparePaths } from "../../src/core/file-name.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { diffTrees } from "../../src/diff/diff-trees.ts";
import { fieldsThatDiffer } from "../../src/diff/file-facts.ts";
import { Toc } from "../../src/layer/toc.ts";
import { encodeToc } from "../../src/layer/toc-writer.ts";
import { LayerTree } from "../../src/layer/tree.ts";
import { mutateLines } from "../engine/mutate.ts";
import type { Random } from "../engine/random.ts";
import { must, type Target } from "../engine/target.ts";

/** Layers: one entry a line, `<type> <path> <number>`; an empty line ends a layer, a line of `=` the first image. */
export const treeDiffTarget: Target = {
  name: "tree-diff",
  about: "differences of two images' files, against stacks of layers that are put together entry by entry",
  seeds: [
    "d a 1\nf a/x 1\n\nw a/x\n=\nd a 1\nf a/x 2",
    "d a 1\nd a/b 1\nf a/b/c 1\n\no a 2\nf a/n 1\n=\nd a 1\n\nl a 3\n\nd a 1\nf a/z 1",
    "d  1\nc n 3\n=\nd  2\nl n 3\nf q 1",
  ].map((text) => Buffer.from(text)),
  dictionary: ["d a 1\n", "f a/x 1\n", "w a/x\n", "o a 1\n", "l a 1\n", "\n", "=\n"],
  mutators: [mutateLines],
  generate: (random) => Buffer.from([stackText(random), stackText(random)].join("=\n")),
  run: (input) => {
    const [first = "", second = ""] = Buffer.from(input).toString("utf8").split(/^=$/m);
    const [before, after] = [layersOf(first), layersOf(second)];
    const [old, now] = [treeOf(before), treeOf(after)];
    const found = [...diffTrees(old, now, { paths: [""], mtime: false })];
    const expected = plainDiff(flat(before), flat(after));
    const told = found.map(({ kind, path }) => `${kind} ${path}`);
    must(
      told.join("\n") === expected.join("\n"),
      () => `${told.join(", ")} instead of ${expected.join(", ")}`,
    );
    must(
      [...diffTrees(old, old, { paths: [""], mtime: true })].length === 0,
      () => "an image differs from itself",
    );
  },
};

type Layer = readonly Entry[];

function layersOf(text: string): readonly Layer[] {
  return text.split("\n\n").map((block) => {
    const entries = new Map<string, Entry>([["", directory("")]]);
    for (const line of block.split("\n").slice(0, 200)) addLine(entries, line);
    return [...entries.values()].sort((a, b) => comparePaths(a.path, b.path));
  });
}

/** Layers list the directories that lead to what they hold, and nothing below what is no directory. */
function addLine(entries: Map<string, Entry>, line: string): void {
  const [kind = "", written = "", number = ""] = line.split(" ");
  const parts = written
    .split("/")
    .filter((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"));
  for (let i = 1; i < parts.length; i++) {
    const above = parts.slice(0, i).join("/");
    if (!entries.has(above)) entries.set(above, directory(above));
    if (entries.get(above)!.type !== "dir") return;
  }
  const path = parts.join("/");
  const entry = entryOf(kind, path, number.charCodeAt(0) % 4 || 0);
  const hasInside = [...entries.keys()].some((other) => other.startsWith(`${path}/`));
  if (entry && (entry.type === "dir" || (path !== "" && !hasInside))) entries.set(path, entry);
}

function entryOf(kind: string, path: string, number: number): Entry | undefined {
  const plain = { path, mode: 0o600 + number, uid: 0, gid: 0, size: 0, mtime: number, mtimeNs: 0 };
  switch (kind) {
    case "d":
      return { ...plain, type: "dir" };
    case "o":
      return { ...plain, type: "dir", opaque: true };
    case "f":
      return { ...plain, type: "file", size: number, digest: digestOf(Buffer.from(String(number))) };
    case "l":
      return { ...plain, type: "symlink", linkTarget: String(number) };
    case "c":
      return { ...plain, type: "char", devMajor: 1, devMinor: number };
    case "w":
      return { ...plain, type: "whiteout", mode: 0 };
    default:
      return undefined;
  }
}

function directory(path: string): Entry {
  return { path, type: "dir", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };
}

function treeOf(layers: readonly Layer[]): LayerTree {
  return new LayerTree(layers.map((layer) => Toc.open(encodeToc(layer))));
}

/** What is there when one layer after the other has been unpacked. */
function flat(layers: readonly Layer[]): ReadonlyMap<string, Entry> {
  const files = new Map<string, Entry>([["", directory("")]]);
  for (const layer of layers) {
    for (const { path, type, opaque } of layer) {
      const isGone = type !== "dir";
      if (!isGone && !opaque && files.get(path)?.type === "dir") continue;
      for (const other of [...files.keys()])
        if (other !== path && (path === "" || other.startsWith(`${path}/`)) && (isGone || opaque))
          files.delete(other);
      if (isGone) files.delete(path);
    }
    for (const { opaque: _, ...entry } of layer) if (entry.type !== "whiteout") files.set(entry.path, entry);
  }
  return files;
}

function plainDiff(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths).flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (!was) return [`added /${path}`];
    if (!is) return [`removed /${path}`];
    return fieldsThatDiffer(was, is, false).length > 0 ? [`changed /${path}`] : [];
  });
}

function stackText(random: Random): string {
  const line = () => {
    const path = random.several(1, 3, () => random.pick(["a", "b", "c"])).join("/");
    return `${random.pick([..."dddffflcwo"])} ${path} ${random.below(4)}`;
  };
  return `${random.several(1, 4, () => random.several(1, 6, line).join("\n")).join("\n\n")}\n`;
}
