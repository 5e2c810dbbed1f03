import { excludeRules } from "../../context/ignore-rules.ts";
import { type Entry, withDigest } from "../../core/file-tree.ts";
import { isLittle } from "../../layer/little.ts";
import type { CopyStep, InputSource } from "../../plan/graph.ts";
import type { RemoteSource } from "../add/remote.ts";
import type { SourceTree } from "../source-tree.ts";
import { type SelectedSource, selectSources } from "./select.ts";
import { selectWithParents } from "./select-parents.ts";

export interface LocalSources {
  readonly kind: "local";
  readonly tree: SourceTree;
  readonly selected: readonly SelectedSource[];
}

/** Neighbours among the sources of a step, found or fetched. */
export type Gathered = LocalSources | { readonly kind: "remote"; readonly source: RemoteSource };

export async function selectLocal(
  step: CopyStep,
  sources: readonly string[],
  inputs: (source: InputSource) => Promise<SourceTree>,
): Promise<Gathered> {
  const tree = await inputs(step.from);
  return { kind: "local", tree, selected: select(step, tree, sources) };
}

/** Reads the files whose digest is not known yet: then `asRead` knows the digest of every one. */
export async function readUnknown(group: Gathered): Promise<void> {
  if (group.kind === "local") await group.tree.read?.(sourceFiles(group.selected));
}

/** The entry with its digest, where that was not known when it was selected. */
export function asRead({ tree }: LocalSources, entry: Entry): Entry {
  if (entry.type !== "file" || entry.digest !== undefined) return entry;
  const digest = tree.knownDigest?.(entry.path);
  return digest === undefined ? entry : withDigest(entry, digest);
}

/** Files of which more must be read than a hit in the cache could save. An archive of an ADD is not among them: it is unpacked, not copied. */
export function isMostlyUnread(step: CopyStep, sources: readonly Gathered[]): boolean {
  const sum = { files: 0, bytes: 0, unreadFiles: 0, unreadBytes: 0 };
  for (const group of sources) {
    if (group.kind === "remote" || group.tree.knownDigest === undefined) return false;
    for (const source of group.selected) {
      if (step.instruction === "ADD" && source.root.type === "file") return false;
      for (const entry of fileEntries(source)) {
        const unread = group.tree.knownDigest(entry.path) === undefined ? 1 : 0;
        sum.files += 1;
        sum.bytes += entry.size;
        sum.unreadFiles += unread;
        sum.unreadBytes += unread * entry.size;
      }
    }
  }
  const isMuch = !isLittle(sum.files, sum.bytes);
  return isMuch && sum.unreadFiles * 2 >= sum.files && sum.unreadBytes * 2 >= sum.bytes;
}

export function isRead(group: Gathered): boolean {
  if (group.kind === "remote") return true;
  for (const path of sourceFiles(group.selected))
    if (group.tree.knownDigest?.(path) === undefined) return false;
  return true;
}

export function* sourceFiles(selected: readonly SelectedSource[]): Generator<string> {
  for (const source of selected) for (const { path } of fileEntries(source)) yield path;
}

/** Runs of neighbours for which `property` is the same. */
export function groupBy<T>(items: readonly T[], property: (item: T) => unknown): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    if (group && property(group[0]!) === property(item)) group.push(item);
    else groups.push([item]);
  }
  return groups;
}

function* fileEntries({ root, entries }: SelectedSource): Generator<Entry> {
  if (root.type === "file") yield root;
  for (const { entry } of entries) if (entry.type === "file") yield entry;
}

function select(step: CopyStep, tree: SourceTree, sources: readonly string[]): SelectedSource[] {
  const excludes = step.excludes.length > 0 ? excludeRules(step.excludes) : undefined;
  const options = { excludes };
  return step.parents ? selectWithParents(tree, sources, options) : selectSources(tree, sources, options);
}
