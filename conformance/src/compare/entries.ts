import type { Entry } from "../observation.ts";
import { type Difference, MISSING } from "./difference.ts";
import { compareJson } from "./json.ts";

/** Compares two lists of paths: each path's properties, and the order where the paths are the same. */
export function compareEntries(
  where: string,
  buildkit: readonly Entry[],
  slipway: readonly Entry[],
): readonly Difference[] {
  const ours = byPath(slipway);
  const theirs = byPath(buildkit);
  const paths = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  const differences = paths.flatMap((path) =>
    compareEntry(`${where}: ${nameOf(path)}`, theirs.get(path), ours.get(path)),
  );
  return differences.length > 0 ? differences : compareOrder(where, buildkit, slipway);
}

/** No path has this in it. */
const SEPARATOR = "\0";

/** A path that comes again is an entry of its own, under the path and how often it came before. */
function byPath(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  const counts = new Map<string, number>();
  const map = new Map<string, Entry>();
  for (const entry of entries) {
    const count = counts.get(entry.path) ?? 0;
    counts.set(entry.path, count + 1);
    map.set(count === 0 ? entry.path : `${entry.path}${SEPARATOR}${count}`, entry);
  }
  return map;
}

/** For people: `a`, `a (again)` … */
function nameOf(key: string): string {
  const [path, count = "0"] = key.split(SEPARATOR);
  return path + " (again)".repeat(Number(count));
}

function compareEntry(
  where: string,
  buildkit: Entry | undefined,
  slipway: Entry | undefined,
): readonly Difference[] {
  if (!buildkit || !slipway || buildkit.type !== slipway.type)
    return [{ where, buildkit: summary(buildkit), slipway: summary(slipway) }];
  return compareJson(where, readable(buildkit), readable(slipway)).map((difference) => ({
    ...difference,
    where: difference.where.replace(`${where}.`, `${where} `),
  }));
}

function readable({ path: _, mode, ...rest }: Entry): Record<string, unknown> {
  return { ...rest, mode: mode.toString(8).padStart(4, "0") };
}

function compareOrder(
  where: string,
  buildkit: readonly Entry[],
  slipway: readonly Entry[],
): readonly Difference[] {
  const index = buildkit.findIndex((entry, at) => entry.path !== slipway[at]!.path);
  if (index < 0) return [];
  return [
    {
      where: `${where}: order, entry ${index}`,
      buildkit: buildkit[index]!.path,
      slipway: slipway[index]!.path,
    },
  ];
}

/** One line about an entry: type, mode, owner, size, path, content where it is short, target. */
export function summary(entry: Entry | undefined): string {
  if (!entry) return MISSING;
  const owner = `${entry.uid}:${entry.gid}`;
  const parts = [entry.type, entry.mode.toString(8).padStart(4, "0"), owner, entry.path];
  if (entry.text !== undefined) parts.push(JSON.stringify(entry.text));
  else if (entry.size !== undefined)
    parts.push(`${entry.size} bytes`, `sha256:${entry.sha256!.slice(0, 12)}`);
  if (entry.target !== undefined) parts.push(`-> ${entry.target}`);
  if (entry.device !== undefined) parts.push(entry.device);
  if (entry.xattrs) parts.push(JSON.stringify(entry.xattrs));
  return parts.join(" ");
}
