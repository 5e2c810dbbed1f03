import type { FileTree } from "../core/file-tree.ts";
import { suggest } from "../core/suggest.ts";

/** A path that exists and may be the one that was meant. */
export interface SimilarPath {
  readonly path: string;
  /** How it differs: in upper and lower case, in its spelling, or in the folders in front. */
  readonly differs: "case" | "spelling" | "folders";
}

/** Directories and names looked at while one is searched for: a hint is not worth reading a whole disk. */
const MOST_DIRECTORIES = 1000;
const MOST_NAMES = 20_000;
/** Names shorter than this are like too many others. */
const SHORTEST_MISSPELT = 3;

/** Looks for what a path that does not exist may stand for; the likeliest first. `path` is clean and relative. */
export function similarPath(tree: FileTree, path: string): SimilarPath | undefined {
  const parts = path.split("/");
  const otherCase = follow(tree, parts, sameButCase);
  if (otherCase !== undefined) return { path: otherCase, differs: "case" };
  const misspelt = follow(tree, parts, nearest);
  if (misspelt !== undefined) return { path: misspelt, differs: "spelling" };
  const elsewhere = withoutFolders(tree, parts) ?? belowFolders(tree, parts);
  return elsewhere === undefined ? undefined : { path: elsewhere, differs: "folders" };
}

/** Goes down the path; where a component does not exist, `choose` takes another of the same directory. */
function follow(
  tree: FileTree,
  parts: readonly string[],
  choose: (name: string, names: readonly string[]) => string | undefined,
): string | undefined {
  let at = "";
  for (const part of parts) {
    const names = namesIn(tree, at);
    const name = names.includes(part) ? part : choose(part, names);
    if (name === undefined) return undefined;
    at = below(at, name);
  }
  return tree.lookup(at) && at;
}

function sameButCase(name: string, names: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  return names.find((other) => other.toLowerCase() === lower);
}

function nearest(name: string, names: readonly string[]): string | undefined {
  return name.length < SHORTEST_MISSPELT ? undefined : suggest(name, names);
}

/** `app/src/x` where the context is `app` itself. */
function withoutFolders(tree: FileTree, parts: readonly string[]): string | undefined {
  for (let from = 1; from < parts.length; from++) {
    const rest = parts.slice(from).join("/");
    if (tree.lookup(rest)) return rest;
  }
  return undefined;
}

/** The whole path below another folder, or else its last name anywhere; the shallowest place counts. */
function belowFolders(tree: FileTree, parts: readonly string[]): string | undefined {
  const whole = parts.join("/");
  const name = parts.at(-1)!;
  let byName: string | undefined;
  let names = MOST_NAMES;
  const directories = [""];
  for (let visited = 0; visited < Math.min(directories.length, MOST_DIRECTORIES) && names > 0; visited++) {
    const directory = directories[visited]!;
    const candidate = below(directory, whole);
    if (tree.lookup(candidate)) return candidate;
    const children = namesIn(tree, directory);
    names -= children.length;
    for (const child of children) {
      const path = below(directory, child);
      if (child === name) byName ??= path;
      if (tree.lookup(path)?.type === "dir") directories.push(path);
    }
  }
  return byName;
}

/** A directory that cannot be read has none: that is not what is wrong here. */
export function namesIn(tree: FileTree, directory: string): readonly string[] {
  try {
    return tree.list(directory);
  } catch {
    return [];
  }
}

function below(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
