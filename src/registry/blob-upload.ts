import { Readable } from "node:stream";
import type { Descriptor } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import { parseUrl } from "../core/parse-url.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeNetworkError, isRetryableError } from "./network-errors.ts";
import { responseError } from "./response-errors.ts";
import { backoff, isRetryableStatus, pause, type RetryPolicy, retryAfter } from "./retry.ts";
import type { EndpointRequest, Session } from "./session.ts";
import { discard, type HttpResponse, headerOf } from "./transport.ts";

export interface BlobUpload {
  readonly session: Session;
  readonly retry: RetryPolicy;
  readonly endpoint: Endpoint;
  readonly descriptor: Descriptor;
  /** The blob's bytes from the start, each time it is called; checked by whoever makes them. */
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
  /** Milliseconds for the registry to check what it got. */
  readonly commitTimeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** An upload that the registry has begun: where its bytes go, and how many it has. */
interface Place {
  readonly url: URL;
  readonly offset: number;
}

/**
 * Uploads a blob (OCI distribution-spec v1.1 §push): POST, then one PUT of the whole. When that breaks off, the registry
 * is asked how much it has; the rest goes in a PATCH, or everything again where it has nothing. `begun` is the address of
 * an upload that a refused mount has opened. Throws `REGISTRY_*` and what `open` throws.
 */
export async function uploadBlob(upload: BlobUpload, begun?: URL): Promise<void> {
  const { retry, signal } = upload;
  let place: Place | undefined = begun && { url: begun, offset: 0 };
  for (let attempt = 1; ; attempt++) {
    const isFirst = attempt === 1;
    place ??= { url: await beginUpload(upload), offset: 0 };
    const outcome: Outcome = await send(upload, place, isFirst);
    if (outcome === "done") return;
    if (attempt >= retry.attempts) throw outcome.error;
    await pause(Math.max(outcome.delay ?? 0, backoff(attempt, retry)), signal);
    const resumed = await status(upload, place.url);
    if (resumed && resumed.offset > place.offset) attempt = 1;
    // The answer to a finished upload may be what got lost.
    if (!resumed && (await isStored(upload))) return;
    place = resumed;
  }
}

type Outcome = "done" | { readonly error: unknown; readonly delay?: number };

/** The address for a new upload's bytes. */
async function beginUpload(upload: BlobUpload): Promise<URL> {
  const { endpoint } = upload;
  const target = `${endpoint.repository}/blobs/uploads/`;
  const response = await call(upload, { method: "POST", target, body: new Uint8Array(0) });
  if (response.status !== 202) throw await failure(upload, response);
  return takeLocation(response, endpoint);
}

/**
 * Takes a blob over from another repository of the same registry. Gives true where the registry did; the address of the
 * upload that it opened instead; or false where it wants neither.
 */
export async function mountBlob(upload: Omit<BlobUpload, "open">, from: string): Promise<boolean | URL> {
  const { endpoint, descriptor } = upload;
  const query = `mount=${encodeURIComponent(descriptor.digest)}&from=${encodeURIComponent(from)}`;
  const target = `${endpoint.repository}/blobs/uploads/?${query}`;
  const response = await call(upload, { method: "POST", target, mountFrom: from, body: new Uint8Array(0) });
  if (response.status === 202) return takeLocation(response, endpoint);
  void discard(response);
  return response.status === 201;
}

/** The first attempt is a single PUT; a later one sends what is missing with PATCH, so that the offset is agreed upon. */
async function send(upload: BlobUpload, place: Place, isFirst: boolean): Promise<Outcome> {
  const { descriptor, endpoint } = upload;
  const source = new Source(await upload.open(), place.offset);
  const length = descriptor.size - place.offset;
  try {
    let url = place.url;
    if (!isFirst && length > 0) {
      const range = `${place.offset}-${descriptor.size - 1}`;
      const patched = await sendBytes(upload, "PATCH", url, source, length, { "content-range": range });
      if (patched.status !== 202 && patched.status !== 204) return await refused(upload, patched);
      url = takeLocation(patched, endpoint);
    }
    const target = withDigest(url, descriptor);
    const committed = isFirst
      ? await sendBytes(upload, "PUT", target, source, length)
      : await call(upload, {
          method: "PUT",
          target,
          body: new Uint8Array(0),
          headersTimeout: upload.commitTimeout,
          retry: false,
        });
    if (committed.status !== 201 && committed.status !== 204) return await refused(upload, committed);
    void discard(committed);
    return "done";
  } catch (error) {
    if (source.failure !== undefined) throw source.failure;
    const cause = error instanceof SlipwayError ? error.cause : error;
    if (!isRetryableError(cause)) throw error;
    return { error };
  }
}

function sendBytes(
  upload: BlobUpload,
  method: "PUT" | "PATCH",
  target: URL,
  source: Source,
  length: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpResponse> {
  return call(upload, {
    method,
    target,
    body: Readable.from(source, { objectMode: false, highWaterMark: 256 * 1024 }),
    headers: { ...headers, "content-type": "application/octet-stream", "content-length": String(length) },
    headersTimeout: upload.commitTimeout,
  });
}

/** How much the registry has of an upload; undefined where it has forgotten it. */
async function status(upload: BlobUpload, url: URL): Promise<Place | undefined> {
  const response = await call(upload, { method: "GET", target: url }).catch((error: unknown) => {
    if (upload.signal?.aborted) throw describeNetworkError(error, upload.endpoint.host, upload.signal);
    return undefined;
  });
  if (response === undefined) return undefined;
  void discard(response);
  const range = /^(?:bytes=)?0-(\d+)$/.exec(headerOf(response, "range") ?? "")?.[1];
  if (response.status !== 204 || range === undefined) return undefined;
  // "0-0" is what registries say for nothing as well as for one byte.
  const offset = range === "0" ? 0 : Number(range) + 1;
  if (offset > upload.descriptor.size) return undefined;
  const location = headerOf(response, "location");
  return { url: location === undefined ? url : takeLocation(response, upload.endpoint), offset };
}

async function isStored(upload: BlobUpload): Promise<boolean> {
  const target = `${upload.endpoint.repository}/blobs/${upload.descriptor.digest}`;
  const response = await call(upload, { method: "HEAD", target, follow: false });
  void discard(response);
  return response.status === 200;
}

/** An answer that another attempt may better is a failed attempt; others end the upload. */
async function refused(upload: BlobUpload, response: HttpResponse): Promise<Outcome> {
  const { status: code } = response;
  const delay = retryAfter(headerOf(response, "retry-after"), Date.now());
  const error = await failure(upload, response);
  // 401: the session has fetched new credentials. 404 and 416: the upload is lost or its offset is not agreed upon.
  const isTransient = isRetryableStatus(code) || code === 401 || code === 404 || code === 416;
  if (!isTransient || (delay ?? 0) > upload.retry.maxRetryAfter) throw error;
  return { error, ...(delay === undefined ? {} : { delay }) };
}

function call(
  upload: Omit<BlobUpload, "open">,
  request: Omit<EndpointRequest, "access" | "signal">,
): Promise<HttpResponse> {
  return upload.session.request(upload.endpoint, { ...request, access: "push", signal: upload.signal });
}

function failure({ endpoint, descriptor }: BlobUpload, response: HttpResponse): Promise<SlipwayError> {
  const subject = `the blob ${descriptor.digest} in ${endpoint.repository}`;
  return responseError(response, { host: endpoint.host, subject, upload: true });
}

/** The Location of an answer: relative or absolute, its query kept. */
function takeLocation(response: HttpResponse, { host }: Endpoint): URL {
  const location = headerOf(response, "location") ?? "";
  void discard(response);
  const base = response.url;
  const url = location === "" ? undefined : parseUrl(location, base);
  if (!url) {
    throw new SlipwayError("REGISTRY_PROTOCOL", `${host} gives no address for an upload`, {
      facts: { host },
    });
  }
  // A registry behind a proxy that ends TLS often does not know that it is called by https.
  if (base.protocol === "https:" && url.protocol === "http:" && url.hostname === base.hostname) {
    url.protocol = "https:";
    url.port = base.port;
  }
  if (url.protocol === base.protocol || url.protocol === "https:") return url;
  throw new SlipwayError("REGISTRY_PROTOCOL", `${host} wants the upload at an address that is not https`, {
    facts: { host },
  });
}

/** Adds to the query as text: parsing and writing it anew could change a signed one. */
function withDigest(url: URL, { digest }: Descriptor): URL {
  const separator = url.search === "" ? "?" : "&";
  return new URL(`${url.origin}${url.pathname}${url.search}${separator}digest=${encodeURIComponent(digest)}`);
}

/** A blob's bytes after `skip`; remembers whether it was the source that failed. */
class Source implements AsyncIterable<Uint8Array> {
  failure: unknown;
  readonly #content: AsyncIterable<Uint8Array>;
  readonly #skip: number;

  constructor(content: AsyncIterable<Uint8Array>, skip: number) {
    this.#content = content;
    this.#skip = skip;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    let skip = this.#skip;
    try {
      for await (const chunk of this.#content) {
        const rest = skip > 0 ? chunk.subarray(skip) : chunk;
        skip -= chunk.length - rest.length;
        if (rest.length > 0) yield rest;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
