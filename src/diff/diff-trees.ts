import { comparePaths } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { LayerTree } from "../layer/tree.ts";
import { factsOf, fieldsThatDiffer } from "./file-facts.ts";
import type { FileChange } from "./image-diff.ts";

export interface TreeDiffOptions {
  /** Only what is at or below these paths, without a slash at either end; `""` is everything. None lies below another. */
  readonly paths: readonly string[];
  /** Whether a time of modification counts. */
  readonly mtime: boolean;
}

/**
 * What leads from one file tree to another, in path order. Both are walked at the same time, so that no more is in memory than the entries at hand.
 * Contents count by their digests. Links are not followed, and a further name of a file counts as a file with the same bytes.
 */
export function* diffTrees(
  before: LayerTree,
  after: LayerTree,
  { paths, mtime }: TreeDiffOptions,
): Generator<FileChange> {
  for (const path of paths)
    for (const [was, is] of pairs(entriesAt(before, path), entriesAt(after, path))) {
      const change = changeOf(was, is, mtime);
      if (change) yield change;
    }
}

function* entriesAt(tree: LayerTree, path: string): Generator<Entry> {
  const entry = tree.lookup(path);
  if (entry) yield entry;
  yield* tree.walk(path);
}

type Pair = readonly [Entry | undefined, Entry | undefined];

/** Goes through two sorted sequences side by side. */
function* pairs(before: Iterator<Entry>, after: Iterator<Entry>): Generator<Pair> {
  let [was, is] = [next(before), next(after)];
  while (was || is) {
    const order = !was ? 1 : !is ? -1 : comparePaths(was.path, is.path);
    yield [order <= 0 ? was : undefined, order >= 0 ? is : undefined];
    if (order <= 0) was = next(before);
    if (order >= 0) is = next(after);
  }
}

function next(entries: Iterator<Entry>): Entry | undefined {
  const { done, value } = entries.next();
  return done ? undefined : value;
}

function changeOf(was: Entry | undefined, is: Entry | undefined, mtime: boolean): FileChange | undefined {
  const path = `/${(was ?? is)!.path}`;
  if (was && is) {
    const fields = fieldsThatDiffer(was, is, mtime);
    if (fields.length === 0) return undefined;
    return { kind: "changed", path, fields, before: factsOf(was, mtime), after: factsOf(is, mtime) };
  }
  if (was) return { kind: "removed", path, fields: [], before: factsOf(was, mtime) };
  return { kind: "added", path, fields: [], after: factsOf(is!, mtime) };
}
