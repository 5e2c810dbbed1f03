import { compileParentsGlob, hasWildcard } from "../../context/glob.ts";
import type { FileTree } from "../../core/file-tree.ts";
import { resolvePath } from "../../layer/resolve.ts";
import { missingSource, type SearchedTree } from "../missing-source.ts";
import { childPath, parentPath } from "./change-set.ts";
import {
  cleanPath,
  SelectedEntries,
  type SelectedEntry,
  type SelectedSource,
  type SelectOptions,
  walkDirectory,
} from "./select.ts";

/**
 * Sources of `COPY --parents` (SPEC CP-17, CP-18): each keeps its directory components below the destination, or those after
 * the first `/./` pivot. Wildcards, `**` included, select paths below the pivot; parents come along only with something inside.
 * The pivot, or the root, is the source root that patterns of `--exclude` are relative to (SPEC CP-16).
 */
export function selectWithParents(
  tree: SearchedTree,
  written: readonly string[],
  options: SelectOptions,
): SelectedSource[] {
  return written.map((selector) => selectOne(tree, selector, options));
}

function selectOne(tree: SearchedTree, selector: string, options: SelectOptions): SelectedSource {
  const text = selector.replace(/^\.\//, "");
  const at = text.indexOf("/./");
  const pivot = cleanPath(at < 0 ? "" : text.slice(0, at));
  const pattern = cleanPath(at < 0 ? text : text.slice(at + 3));
  const base = resolvePath(tree, pivot, { followLast: true });
  const root = base.entry ?? (base.path === "" ? tree.lookup("") : undefined);
  if (!root) throw missingSource(tree, pivot, selector);
  const entries = hasWildcard(pattern)
    ? matchDeep(tree, base.path, pattern, options)
    : literal(tree, base.path, { path: pattern, selector }, options);
  return { selector, name: "", root, entries: new SelectedEntries(base.path, entries), onlyMatches: true };
}

function literal(
  tree: SearchedTree,
  base: string,
  { path, selector }: { readonly path: string; readonly selector: string },
  options: SelectOptions,
): Iterable<SelectedEntry> {
  if (path === "") return walkDirectory(tree, base, options.excludes);
  const entry = tree.lookup(childPath(base, path));
  if (!entry) throw missingSource(tree, childPath(base, path), selector);
  return withParents(tree, base, [path], options);
}

function matchDeep(
  tree: FileTree,
  base: string,
  pattern: string,
  options: SelectOptions,
): Iterable<SelectedEntry> {
  const matches = compileParentsGlob(pattern);
  const hits: string[] = [];
  const visit = (directory: string, relative: string): void => {
    for (const name of tree.list(directory)) {
      const below = childPath(relative, name);
      const path = childPath(directory, name);
      if (matches(below)) hits.push(below);
      else if (matches.mayMatchBelow(below) && tree.lookup(path)?.type === "dir") visit(path, below);
    }
  };
  visit(base, "");
  return withParents(tree, base, hits, options);
}

/** The hits, everything below hit directories, and the directories above them, each once, in walk order. */
function withParents(
  tree: FileTree,
  base: string,
  hits: readonly string[],
  options: SelectOptions,
): Iterable<SelectedEntry> {
  const selected = new Map<string, SelectedEntry>();
  const add = (relative: string): void => {
    const entry = tree.lookup(childPath(base, relative));
    if (entry && !selected.has(relative)) selected.set(relative, { relative, entry });
  };
  for (const hit of hits) {
    const path = childPath(base, hit);
    const isDirectory = tree.lookup(path)?.type === "dir";
    const inside = isDirectory ? [...walkDirectory(tree, path, options.excludes, hit)] : [];
    if (inside.length === 0 && options.excludes?.matches(hit)) continue;
    for (const up of ancestors(hit)) add(up);
    add(hit);
    for (const item of inside) selected.set(item.relative, item);
  }
  return selected.values();
}

function ancestors(path: string): string[] {
  const out: string[] = [];
  for (let up = parentPath(path); up !== ""; up = parentPath(up)) out.unshift(up);
  return out;
}
