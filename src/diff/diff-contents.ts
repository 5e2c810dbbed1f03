import { isUtf8 } from "node:buffer";
import type { Entry } from "../core/file-tree.ts";
import type { ComparedFiles } from "./compared-image.ts";
import type { FileChange, FilePatch } from "./image-diff.ts";
import { unifiedDiff } from "./unified.ts";

/** Larger files are no texts that somebody reads differences of. */
export const LARGEST_TEXT = 1024 * 1024;
/** So many bytes are in memory at once. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** The differences of the texts of changes that have a file on one side at least, some files at a time. Throws `LAYER_INVALID`. */
export async function diffContents(
  changes: readonly FileChange[],
  before: ComparedFiles,
  after: ComparedFiles,
): Promise<readonly FilePatch[]> {
  const patches: FilePatch[] = [];
  for (const batch of batches(changes)) {
    const shown = batch.filter((change) => reasonOf(change) === undefined);
    const [old, now] = [await read(shown, before, "before"), await read(shown, after, "after")];
    for (const change of batch) patches.push(patchOf(change, old, now));
  }
  return patches;
}

function* batches(changes: readonly FileChange[]): Generator<readonly FileChange[]> {
  let batch: FileChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    batch.push(change);
    bytes += (change.before?.size ?? 0) + (change.after?.size ?? 0);
    if (bytes < BATCH_BYTES) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function reasonOf({ before, after }: FileChange): FilePatch["reason"] {
  return Math.max(before?.size ?? 0, after?.size ?? 0) > LARGEST_TEXT ? "too large" : undefined;
}

type Contents = ReadonlyMap<string, Buffer>;

/** A file, and the paths of changes that are names of it. */
interface Names {
  readonly first: Entry;
  readonly names: readonly string[];
}

/** Bytes by the path of the change; a further name of a file has its bytes at the first one. */
async function read(
  changes: readonly FileChange[],
  { tree, tocs, contents }: ComparedFiles,
  side: "before" | "after",
): Promise<Contents> {
  const found = new Map<string, Buffer>();
  const wanted = new Map<number, Map<string, Names>>();
  for (const change of changes) {
    const facts = change[side];
    if (facts?.type !== "file") continue;
    const path = change.path.slice(1);
    if (facts.size === 0) found.set(change.path, Buffer.alloc(0));
    else {
      const layer = tree.layerOf(path)!;
      const first = tocs[layer]!.firstName(tree.lookup(path)!);
      const files = wanted.get(layer) ?? new Map<string, Names>();
      const { names } = files.get(first.path) ?? { names: [] };
      wanted.set(layer, files.set(first.path, { first, names: [...names, change.path] }));
    }
  }
  for (const [layer, files] of wanted) {
    const entries = new Map([...files].map(([path, { first }]) => [path, first] as const));
    for await (const { entry, bytes } of contents(layer, entries))
      for (const path of files.get(entry.path)!.names) found.set(path, bytes);
  }
  return found;
}

function patchOf(change: FileChange, old: Contents, now: Contents): FilePatch {
  const { path } = change;
  const reason = reasonOf(change);
  if (reason !== undefined) return { path, reason };
  const [before, after] = [old.get(path), now.get(path)];
  if ([before, after].some((bytes) => bytes && !isText(bytes))) return { path, reason: "binary" };
  const text = unifiedDiff({
    beforeName: before ? `a${path}` : "/dev/null",
    afterName: after ? `b${path}` : "/dev/null",
    before: before?.toString("utf8") ?? "",
    after: after?.toString("utf8") ?? "",
  });
  return { path, text };
}

function isText(bytes: Buffer): boolean {
  return !bytes.includes(0) && isUtf8(bytes);
}
