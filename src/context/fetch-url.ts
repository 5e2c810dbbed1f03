import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { cancelled, throwIfAborted } from "../core/cleanup-scope.ts";
import { type Digest, finishDigest } from "../core/digest.ts";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { type AuthorityFiles, authorityFiles } from "../sys/authorities.ts";
import { HttpClient, httpGet, type ProxySettings, printableUrl } from "./http-request.ts";
import { type UrlChecksum, urlFileName } from "./url-checksum.ts";

export interface FetchUrlOptions {
  /** An existing folder, where a new file with a unique name is made. */
  readonly dir: string;
  /** Validators of an earlier download; the answer may then be that nothing changed. */
  readonly etag?: string;
  readonly lastModified?: string;
  readonly checksum?: UrlChecksum;
  /** Names are taken as lowercase; `authorization` goes to the URL's own origin only. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly proxy?: ProxySettings;
  /** Default: the machine's. */
  readonly authorities?: AuthorityFiles;
  readonly userAgent?: string;
  /** Bytes; a longer answer is refused. */
  readonly maxBytes?: number;
  /** Milliseconds before the second attempt, doubled before each further one. */
  readonly retryDelayMs?: number;
  readonly onProgress?: (current: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
}

export interface FetchedFile {
  readonly kind: "fetched";
  /** The new file, mode 0600; the caller moves or removes it. */
  readonly path: string;
  /** From the URL (SPEC AD-05). */
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
  /** Last-Modified in whole seconds since the epoch, else 0 (SPEC AD-05). */
  readonly mtime: number;
  /** Validators to keep for the next time; a time only where it tells one content from the next. */
  readonly etag?: string;
  readonly lastModified?: string;
}

export type FetchUrlResult = FetchedFile | { readonly kind: "unchanged" };

const ATTEMPTS = 4;
const LONGEST_WAIT_MS = 30_000;

/** Marks an attempt worth repeating. */
class Transient {
  readonly error: SlipwayError;
  readonly afterMs: number | undefined;
  constructor(error: SlipwayError, afterMs?: number) {
    this.error = error;
    this.afterMs = afterMs;
  }
}

/**
 * Downloads a URL into a new file (SPEC AD-05 to AD-07), again where the server or the network stumbles. Throws
 * `DOWNLOAD_FAILED` (`invalid response status N`), `DIGEST_MISMATCH`, `DISK_FULL`, `CANCELLED`.
 */
export async function fetchUrl(url: string, options: FetchUrlOptions): Promise<FetchUrlResult> {
  const client = new HttpClient({
    authorities: options.authorities ?? authorityFiles({}),
    ...(options.proxy ? { proxy: options.proxy } : {}),
  });
  try {
    for (let attempt = 1; ; attempt++) {
      const result = await attemptFetch(client, url, options);
      if (!(result instanceof Transient)) return result;
      if (attempt === ATTEMPTS) throw result.error;
      const pause = result.afterMs ?? (options.retryDelayMs ?? 500) * 2 ** (attempt - 1);
      await wait(
        Math.min(pause, LONGEST_WAIT_MS),
        undefined,
        options.signal ? { signal: options.signal } : {},
      );
    }
  } catch (error) {
    if (options.signal?.aborted) throw cancelled(options.signal);
    throw describeSystemError(error, `downloading ${printableUrl(url)}`);
  } finally {
    await client.destroy();
  }
}

async function attemptFetch(
  client: HttpClient,
  url: string,
  options: FetchUrlOptions,
): Promise<FetchUrlResult | Transient> {
  throwIfAborted(options.signal);
  try {
    const response = await httpGet(client, url, {
      headers: requestHeaders(options),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const { statusCode } = response;
    if (statusCode >= 200 && statusCode < 300) return await receive(response, url, options);
    await response.body.dump();
    if (statusCode === 304 && (options.etag ?? options.lastModified) !== undefined)
      return { kind: "unchanged" };
    const error = new SlipwayError(
      "DOWNLOAD_FAILED",
      `${printableUrl(url)}: invalid response status ${statusCode}`,
      {
        hint: statusHint(statusCode, url),
        facts: { url: printableUrl(url), status: statusCode },
      },
    );
    const transient = statusCode >= 500 || statusCode === 429 || statusCode === 408;
    if (transient) return new Transient(error, retryAfter(response));
    throw error;
  } catch (error) {
    if (error instanceof Transient) return error;
    if (options.signal?.aborted || error instanceof SlipwayError || isLocal(error)) throw error;
    return new Transient(unreachable(url, error));
  }
}

function statusHint(status: number, url: string): string {
  if (status === 401 || status === 403)
    return `if the file is private, give a token with --secret id=HTTP_AUTH_TOKEN_${new URL(url).host}`;
  if (status >= 500 || status === 429) return "the server has trouble or asks to wait: try again later";
  return "check the address";
}

function requestHeaders(options: FetchUrlOptions): Record<string, string> {
  return {
    "user-agent": options.userAgent ?? "slipway",
    accept: "*/*",
    // The bytes as they are stored: their digest is what counts.
    "accept-encoding": "identity",
    ...(options.etag === undefined ? {} : { "if-none-match": options.etag }),
    ...(options.lastModified === undefined ? {} : { "if-modified-since": options.lastModified }),
    ...options.headers,
  };
}

async function receive(
  response: Dispatcher.ResponseData,
  url: string,
  options: FetchUrlOptions,
): Promise<FetchUrlResult> {
  const etag = headerOf(response, "etag");
  const lastModified = headerOf(response, "last-modified");
  if (etag !== undefined && etag === options.etag && !etag.startsWith("W/")) {
    response.body.destroy();
    return { kind: "unchanged" };
  }
  const path = join(options.dir, `download-${randomUUID()}`);
  const handle = await open(path, "wx", 0o600);
  try {
    const { digest, size } = await store(response, handle, url, options);
    await handle.close();
    const mtime = Math.max(0, Math.floor(Date.parse(lastModified ?? "") / 1000) || 0);
    const validators = {
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified !== undefined && isStrong(lastModified, headerOf(response, "date"))
        ? { lastModified }
        : {}),
    };
    return { kind: "fetched", path, name: urlFileName(url), digest, size, mtime, ...validators };
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(path, { force: true });
    throw error;
  }
}

/** A file that changed within the second in which it was served may change again in it: its time tells nothing (RFC 9110 §8.8.2.2). */
function isStrong(lastModified: string, date: string | undefined): boolean {
  return Date.parse(date ?? "") - Date.parse(lastModified) >= 1000;
}

async function store(
  response: Dispatcher.ResponseData,
  handle: FileHandle,
  url: string,
  options: FetchUrlOptions,
): Promise<{ digest: Digest; size: number }> {
  const { checksum, maxBytes = Number.POSITIVE_INFINITY } = options;
  const sha256 = createHash("sha256");
  const other = checksum && createHash(checksum.algorithm);
  const length = headerOf(response, "content-length");
  const total = length === undefined ? undefined : Number(length);
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new SlipwayError("DOWNLOAD_FAILED", `${printableUrl(url)} is larger than ${maxBytes} bytes`);
    sha256.update(chunk);
    other?.update(chunk);
    await handle.writeFile(chunk);
    options.onProgress?.(size, total);
  }
  if (total !== undefined && size !== total)
    throw new Transient(
      new SlipwayError(
        "DOWNLOAD_FAILED",
        `${printableUrl(url)}: the answer ended after ${size} of ${total} bytes`,
      ),
    );
  const got = other?.digest("hex");
  if (checksum && got !== checksum.hex)
    throw new SlipwayError(
      "DIGEST_MISMATCH",
      `digest mismatch ${checksum.algorithm}:${got}: ${checksum.algorithm}:${checksum.hex}`,
      {
        hint: `${printableUrl(url)} does not serve the bytes that were promised: check the address and the checksum`,
        facts: { found: `${checksum.algorithm}:${got}` },
      },
    );
  return { digest: finishDigest(sha256), size };
}

function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryAfter(response: Dispatcher.ResponseData): number | undefined {
  const value = headerOf(response, "retry-after");
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Failures of this machine's disk do not get better by asking the server again. */
function isLocal(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EACCES", "EROFS", "ENOENT", "EIO", "EMFILE"].includes(
    systemErrorCode(error) ?? "",
  );
}

function unreachable(url: string, error: unknown): SlipwayError {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new SlipwayError("DOWNLOAD_FAILED", `${printableUrl(url)}: ${reason}`, {
    cause: error,
    hint: "check the address and the network, and the proxy settings if there is a proxy",
    facts: { url: printableUrl(url) },
  });
}
