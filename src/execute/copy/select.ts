import { compileGlob, hasWildcard } from "../../context/glob.ts";
import type { IgnoreRules } from "../../context/ignore-rules.ts";
import type { Entry, FileTree } from "../../core/file-tree.ts";
import { EntryList } from "../../layer/entry-list.ts";
import { resolvePath } from "../../layer/resolve.ts";
import { missingSource, type SearchedTree } from "../missing-source.ts";
import { baseName, childPath } from "./change-set.ts";

/** One path below a source root. `relative` is its place below the destination; `entry.path` is where it is in the source tree. */
export interface SelectedEntry {
  readonly relative: string;
  readonly entry: Entry;
}

/** What one written source came to: a file, or a directory's contents in walk order. */
export interface SelectedSource {
  /** As written, for messages and cache inputs. */
  readonly selector: string;
  /** Name that a file takes inside a destination directory; a followed link keeps its own name (SPEC CP-09). */
  readonly name: string;
  /** The file or directory itself, after following a link. */
  readonly root: Entry;
  readonly entries: Iterable<SelectedEntry>;
  /** `root` is only where matches were looked for: without one it is not copied itself (SPEC CP-18). */
  readonly onlyMatches?: boolean;
}

/** What was selected below one path, kept so that a hundred thousand of them take little room. */
export class SelectedEntries implements Iterable<SelectedEntry> {
  readonly #list = new EntryList();
  readonly #prefixLength: number;

  /** All of `selected` are below `base`, and `relative` to it. */
  constructor(base: string, selected: Iterable<SelectedEntry>) {
    this.#prefixLength = base === "" ? 0 : base.length + 1;
    for (const { entry } of selected) this.#list.add(entry);
  }

  *[Symbol.iterator](): Iterator<SelectedEntry> {
    for (const entry of this.#list) yield { relative: entry.path.slice(this.#prefixLength), entry };
  }
}

export interface SelectOptions {
  /** `--exclude`: relative to each source root (SPEC CP-16). */
  readonly excludes: IgnoreRules | undefined;
}

/** Finds what the written sources of a COPY or ADD name (SPEC CP-03, CP-09, CP-11, CP-12). */
export function selectSources(
  tree: SearchedTree,
  written: readonly string[],
  options: SelectOptions,
): SelectedSource[] {
  return written.flatMap((selector) => {
    const path = cleanPath(selector);
    if (!hasWildcard(path)) return [selectLiteral(tree, selector, path, options)];
    return matchWildcard(tree, path).map((match) => selectLiteral(tree, selector, match, options));
  });
}

function selectLiteral(
  tree: SearchedTree,
  selector: string,
  path: string,
  options: SelectOptions,
): SelectedSource {
  const found = resolvePath(tree, path, { followLast: true });
  if (!found.entry) throw missingSource(tree, path, selector);
  const root = found.entry;
  const inside = root.type === "dir" ? walkDirectory(tree, found.path, options.excludes) : [];
  const entries = new SelectedEntries(found.path, inside);
  return { selector, name: baseName(path), root, entries };
}

/** Everything below `directory` but what the rules exclude; an excluded directory shows up only with an included descendant. */
export function* walkDirectory(
  tree: FileTree,
  directory: string,
  rules: IgnoreRules | undefined,
  relative = "",
): Generator<SelectedEntry> {
  for (const name of tree.list(directory)) {
    const path = childPath(directory, name);
    const below = childPath(relative, name);
    const entry = tree.lookup(path);
    if (!entry) continue;
    const excluded = rules?.matches(below) ?? false;
    if (entry.type !== "dir") {
      if (!excluded) yield { relative: below, entry };
    } else if (!excluded) {
      yield { relative: below, entry };
      yield* walkDirectory(tree, path, rules, below);
    } else if (rules?.mayContainIncluded(below)) {
      const inside = walkDirectory(tree, path, rules, below);
      const first = inside.next();
      if (!first.done) {
        yield { relative: below, entry };
        yield first.value;
        yield* inside;
      }
    }
  }
}

/** Paths that a wildcard matches, component by component, in lexical order; leading literal components are followed through links. */
function matchWildcard(tree: FileTree, pattern: string): string[] {
  let matches = [""];
  for (const component of pattern.split("/")) {
    const wild = hasWildcard(component);
    const glob = wild ? compileGlob(component) : undefined;
    matches = matches.flatMap((directory) => {
      const at = resolvePath(tree, directory, { followLast: true });
      if (at.entry?.type !== "dir" && at.path !== "") return [];
      const names = glob ? tree.list(at.path).filter((name) => glob(name)) : [component];
      return names.map((name) => childPath(directory, name));
    });
    if (!wild)
      matches = matches.filter((path) => resolvePath(tree, path, { followLast: true }).entry !== undefined);
  }
  return matches;
}

/** Cleans a source path: leading slashes are optional, `.` and `..` are resolved lexically and cannot leave the root (SPEC CP-03). */
export function cleanPath(path: string): string {
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  return out.join("/");
}
