import { constants, copyFileSync, createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { ChainTree } from "../execute/chain-tree.ts";
import { archiveContext, isArchiveHead, newestTime } from "./archive-context.ts";
import { currentUrl, type UrlRequest } from "./url-cache.ts";

/** What a URL is as a context (SPEC SG-15). `time` is that of the server, else of the newest file of an archive (SPEC EP-02). */
export type HttpContext =
  | { readonly kind: "archive"; readonly tree: ChainTree; readonly time?: number }
  | { readonly kind: "file"; readonly path: string; readonly time?: number };

/** Gets a URL and unpacks it where it is an archive. */
export async function openHttpContext(request: UrlRequest): Promise<HttpContext> {
  const current = await currentUrl(request);
  const path = await current.file();
  const served = current.lastModified > 0 ? current.lastModified : undefined;
  if (!isArchiveHead(await firstKiB(path)))
    return { kind: "file", path, ...(served === undefined ? {} : { time: served }) };
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  const tree = await archiveContext(request.session, stream, request.scope);
  const time = served ?? newestTime(tree);
  return { kind: "archive", tree, ...(time === undefined ? {} : { time }) };
}

/** A folder with nothing but the file that a URL serves, under the name `context`: it is never unpacked (SPEC SG-10). */
export async function httpFolder(
  request: UrlRequest,
): Promise<{ readonly root: string; readonly time?: number }> {
  const { session, scope } = request;
  const current = await currentUrl(request);
  const root = session.store.temp.directory("context");
  scope.defer(() => session.store.temp.remove(root));
  copyFileSync(await current.file(), join(root, "context"), constants.COPYFILE_FICLONE);
  return { root, ...(current.lastModified > 0 ? { time: current.lastModified } : {}) };
}

async function firstKiB(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
