import { createHash } from "node:crypto";
import type { FetchUrlOptions } from "../context/fetch-url.ts";
import { fetchUrl } from "../context/fetch-url.ts";
import { printableUrl } from "../context/http-request.ts";
import { httpAuthorization, type ReadSecret } from "../context/source-auth.ts";
import { parseUrlChecksum, type UrlChecksum, urlFileName } from "../context/url-checksum.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import type { Digest } from "../core/digest.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { webAddress } from "../core/parse-url.ts";
import { modifiedSeconds, type UrlEntry } from "../lock/lock-entries.ts";
import { driftError, type SourceLock } from "../lock/source-lock.ts";
import { urlName } from "../lock/source-names.ts";
import { authorityFiles } from "../sys/authorities.ts";
import type { LockOf } from "./build-lock.ts";
import { offlineUrl } from "./offline.ts";
import { proxiesFrom } from "./proxies.ts";
import type { Session } from "./session.ts";

export interface UrlRequest {
  readonly session: Session;
  readonly url: string;
  readonly readSecret: ReadSecret;
  readonly checksum?: UrlChecksum;
  /** What the URL has to serve, where the lock has it. */
  readonly lock?: LockOf;
  /** Keep what comes, also where the server gives nothing to compare it with later. */
  readonly keep?: boolean;
  /** Removes what the store does not keep. */
  readonly scope: CleanupScope;
  readonly signal?: AbortSignal;
}

/** What a URL serves at this moment. */
export interface CurrentUrl {
  /** Last path segment, or `__unnamed__` (SPEC AD-05). */
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
  /** Last-Modified in seconds since the epoch; 0 where the server did not say. */
  readonly lastModified: number;
  /** Path of a file with the bytes, verified. */
  file(): Promise<string>;
}

/** What is remembered of a download: its bytes are a blob of the store, until that is pruned. */
interface UrlRecord {
  readonly digest: Digest;
  readonly size: number;
  readonly mtime: number;
  readonly etag?: string;
  readonly lastModified?: string;
}

/**
 * Gets a URL, or asks the server whether what an earlier build got is still what it serves (SPEC AD-06). Bytes that a sha256
 * checksum or the lock names and that are here need no server. Errors are those of `fetchUrl`; `LOCK_DRIFTED` where the lock says
 * something else, `OFFLINE`.
 */
export async function currentUrl(request: UrlRequest): Promise<CurrentUrl> {
  const { url, checksum } = request;
  const lock = await request.lock?.();
  const entry = lock?.url(url, checksum !== undefined);
  if (!lock || !entry) return foundUrl(request);
  const promised = parseUrlChecksum(entry.checksum);
  if (checksum?.algorithm === "sha256" && checksum.hex !== promised.hex)
    throw drifted(lock, url, entry, `the Dockerfile's --checksum is sha256:${checksum.hex}`);
  try {
    const found = await foundUrl({ ...request, checksum: checksum ?? promised });
    if (found.digest !== entry.checksum) throw drifted(lock, url, entry, `it serves ${found.digest}`);
    return { ...found, lastModified: modifiedSeconds(entry) };
  } catch (error) {
    if (checksum || !isSlipwayError(error, "DIGEST_MISMATCH") || error.facts.found === undefined) throw error;
    throw drifted(lock, url, entry, `it serves ${String(error.facts.found)}`, error);
  }
}

function drifted(lock: SourceLock, url: string, entry: UrlEntry, found: string, cause?: unknown) {
  const promised = `${entry.checksum} (${entry.size} bytes)`;
  return driftError(
    lock.file,
    { section: "urls", name: lock.conceal(urlName(url)) },
    { promised, found, cause },
  );
}

async function foundUrl(request: UrlRequest): Promise<CurrentUrl> {
  const { session, url, checksum, keep = false } = request;
  const authorization = await httpAuthorization(webAddress(url).host, request.readSecret);
  const key = keyOf(url, authorization);
  const known = recordOf(session, key);
  if (known && checksum?.algorithm === "sha256" && known.digest === `sha256:${checksum.hex}`)
    return remembered(request, known);
  if (session.offline && known && !checksum) return remembered(request, known);
  if (session.offline) throw offlineUrl(url);
  // A checksum of another kind is computed while bytes come in, so they have to.
  const record = checksum ? undefined : known;
  const fetched = await fetchUrl(url, fetchOptions(request, authorization, record));
  if (fetched.kind === "unchanged") return record ? remembered(request, record) : answeredNothing(url);
  const { path, digest, size, mtime, etag, lastModified } = fetched;
  const found = { name: urlFileName(url), digest, size, lastModified: mtime };
  const mayReturn = keep || etag !== undefined || lastModified !== undefined || checksum !== undefined;
  if (!mayReturn) return { ...found, file: async () => path };
  session.store.blobs.adopt(path, digest);
  remember(session, key, {
    digest,
    size,
    mtime,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  });
  return { ...found, file: async () => session.store.blobs.path(digest) };
}

/** How a URL is fetched on behalf of a build: its secrets, proxies and authorities. */
function fetchOptions(
  { session, checksum, scope, signal }: UrlRequest,
  authorization: string | undefined,
  record: UrlRecord | undefined,
): FetchUrlOptions {
  const { variables } = session.environment;
  const dir = session.store.temp.directory("url");
  scope.defer(() => session.store.temp.remove(dir));
  return {
    dir,
    ...(record?.etag === undefined ? {} : { etag: record.etag }),
    ...(record?.lastModified === undefined ? {} : { lastModified: record.lastModified }),
    ...(authorization ? { headers: { authorization } } : {}),
    proxy: proxiesFrom(variables),
    authorities: authorityFiles(variables),
    ...(checksum ? { checksum } : {}),
    ...(signal ? { signal } : {}),
  };
}

function remembered({ session, url }: UrlRequest, record: UrlRecord): CurrentUrl {
  const { blobs } = session.store;
  return {
    name: urlFileName(url),
    digest: record.digest,
    size: record.size,
    lastModified: record.mtime,
    file: async () => {
      if (await blobs.check(record.digest)) return blobs.path(record.digest);
      throw new SlipwayError(
        "DIGEST_MISMATCH",
        `what was downloaded from ${printableUrl(url)} is damaged in the store`,
        {
          hint: "build again: it is then downloaded again",
        },
      );
    },
  };
}

function answeredNothing(url: string): never {
  throw new SlipwayError(
    "DOWNLOAD_FAILED",
    `${printableUrl(url)} answered that nothing changed, though nothing was there before`,
  );
}

/**
 * What one visitor got is not what another one would get: who is asking is part of the key. Only its digest is kept, since URLs may
 * hold passwords, too.
 */
function keyOf(url: string, authorization = ""): string {
  return `url ${createHash("sha256").update(`${url}\n${authorization}`).digest("hex")}`;
}

function recordOf({ store }: Session, key: string): UrlRecord | undefined {
  const bytes = store.last.get(key);
  if (!bytes) return undefined;
  const record = JSON.parse(bytes.toString("utf8")) as UrlRecord;
  return store.blobs.stat(record.digest)?.size === record.size ? record : undefined;
}

function remember({ store }: Session, key: string, record: UrlRecord): void {
  store.last.put(key, Buffer.from(JSON.stringify(record)));
}
