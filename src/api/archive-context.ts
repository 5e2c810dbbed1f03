import { readFileSync } from "node:fs";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import { LIMITS } from "../core/limits.ts";
import { ChainTree } from "../execute/chain-tree.ts";
import { cleanPath } from "../execute/copy/select.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import { looksLikeTar } from "../layer/archive-entries.ts";
import { decompressor, detectCompression } from "../layer/compression.ts";
import { ingestLayer } from "../layer/ingest.ts";
import { resolvePath } from "../layer/resolve.ts";
import { Toc } from "../layer/toc.ts";
import { peek } from "./peek.ts";
import type { Session } from "./session.ts";

/** Tells whether the first bytes of a context are an archive's: tar, gzip, bzip2 or xz, but not zstd (SPEC CL-01, SG-15). */
export function isArchiveHead(head: Buffer): boolean {
  const compression = detectCompression(head);
  return compression === undefined ? looksLikeTar(head) : compression !== "zstd";
}

/**
 * Opens an archive as a context. It goes through the same reader as layers do and is looked at through its table of contents:
 * every path is resolved inside, links keep their text, nothing of it is followed on this machine (CVE-2026-28406, CVE-2026-44517).
 */
export async function archiveContext(
  session: Session,
  stream: AsyncIterable<Uint8Array>,
  scope: CleanupScope,
): Promise<ChainTree> {
  const folder = session.store.temp.directory("context");
  scope.defer(() => session.store.temp.remove(folder));
  const { head, stream: rest } = await peek(stream, 1024);
  const compression = detectCompression(head);
  const archive = compression ? decompressor(compression, rest) : rest;
  const { toc } = await ingestLayer({ archive, directory: folder, form: { kind: "portable" } });
  return new ChainTree("context", [Toc.open(toc)], async () => new Map([[0, folder]]));
}

/** The Dockerfile inside such a context. Throws `DOCKERFILE_NOT_FOUND`. */
export async function dockerfileOf(
  tree: SourceTree,
  file: string | undefined,
): Promise<{ name: string; bytes: Uint8Array }> {
  for (const name of file === undefined ? ["Dockerfile", "dockerfile"] : [file]) {
    const { path, entry } = resolvePath(tree, cleanPath(name), { followLast: true });
    if (entry?.type !== "file" || entry.size > LIMITS.dockerfile) continue;
    await tree.prepare([path]);
    return { name, bytes: readFileSync(fsPath(tree.locate(path))) };
  }
  throw new SlipwayError(
    "DOCKERFILE_NOT_FOUND",
    `failed to read dockerfile: ${file ?? "Dockerfile"} is not in the context`,
    {
      hint: "name it with --file, relative to the root of the context",
    },
  );
}

/** A small file of such a context; undefined where there is none. One that is longer than `limit` bytes gives a text that is, too. */
export async function smallFileOf(
  tree: SourceTree,
  name: string,
  limit: number,
): Promise<string | undefined> {
  const { path, entry } = resolvePath(tree, cleanPath(name), { followLast: true });
  if (entry?.type !== "file") return undefined;
  if (entry.size > limit) return " ".repeat(limit + 1);
  await tree.prepare([path]);
  return readFileSync(fsPath(tree.locate(path)), "utf8");
}

/** The time of the newest regular file of a tree, in seconds (SPEC EP-02); undefined where it has none. */
export function newestTime(tree: ChainTree): number | undefined {
  let newest: number | undefined;
  for (const entry of tree.walk(""))
    if (entry.type === "file") newest = Math.max(newest ?? entry.mtime, entry.mtime);
  return newest;
}
