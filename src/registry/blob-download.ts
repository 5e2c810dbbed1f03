import type { Descriptor } from "../core/descriptor.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Failover } from "./failover.ts";
import { describeNetworkError } from "./network-errors.ts";
import { responseError } from "./response-errors.ts";
import { backoff, pause, type RetryPolicy } from "./retry.ts";
import type { Session } from "./session.ts";
import { discard, type HttpResponse, headerOf } from "./transport.ts";

export interface BlobDownload {
  readonly session: Session;
  readonly failover: Failover;
  readonly retry: RetryPolicy;
  /** In the order in which they are asked. */
  readonly endpoints: readonly Endpoint[];
  readonly descriptor: Descriptor;
  /** Bytes that the caller has already; the stream begins after them. */
  readonly offset: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of a blob from `offset` on, unverified. A transfer that breaks off is taken up where it ended, by a range
 * request, as long as it makes progress; when an endpoint fails for good the next one goes on at the same place.
 */
export async function* downloadBlob(request: BlobDownload): AsyncGenerator<Uint8Array, void, undefined> {
  const { endpoints, failover, descriptor } = request;
  let position = request.offset;
  let failure: unknown;
  for (const endpoint of failover.order(endpoints)) {
    try {
      for await (const chunk of fromEndpoint(request, endpoint, position)) {
        position += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      failure = failover.fail(endpoint, error, failure);
    }
  }
  if (position < descriptor.size) throw failure;
}

async function* fromEndpoint(
  request: BlobDownload,
  endpoint: Endpoint,
  start: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { descriptor, retry, signal } = request;
  let position = start;
  for (let failures = 0; position < descriptor.size; ) {
    const before = position;
    let interruption: unknown;
    const response = await open(request, endpoint, position);
    try {
      for await (const chunk of fromPosition(response, position)) {
        position += chunk.length;
        yield chunk;
      }
      interruption = truncated(endpoint, position, descriptor.size);
    } catch (error) {
      const described = describeNetworkError(error, endpoint.host, signal);
      if (described === error || isSlipwayError(described, "CANCELLED")) throw described;
      interruption = truncated(endpoint, position, descriptor.size, error);
    }
    if (position >= descriptor.size) return;
    failures = position > before ? 1 : failures + 1;
    if (failures >= retry.attempts) throw interruption;
    await pause(backoff(failures, retry), signal);
  }
}

async function open(request: BlobDownload, endpoint: Endpoint, position: number): Promise<HttpResponse> {
  const { session, descriptor, signal } = request;
  const { host, repository } = endpoint;
  const response = await session.request(endpoint, {
    method: "GET",
    target: `${repository}/blobs/${descriptor.digest}`,
    access: "pull",
    // A proxy that compresses would make other bytes of it.
    headers: { "accept-encoding": "identity", ...(position > 0 ? { range: `bytes=${position}-` } : {}) },
    signal,
  });
  const expected = position > 0 ? [200, 206] : [200];
  const isPage = /^text\/html/.test(headerOf(response, "content-type") ?? "");
  if (expected.includes(response.status) && !isPage) return response;
  throw await responseError(response, { host, subject: `blob ${descriptor.digest}`, upload: false });
}

/** The body from `position` on, whether or not the server heeded the range. */
async function* fromPosition(response: HttpResponse, position: number): AsyncGenerator<Uint8Array> {
  let skip = response.status === 206 ? position - rangeStart(response) : position;
  if (skip < 0) {
    void discard(response);
    throw new SlipwayError(
      "REGISTRY_PROTOCOL",
      `${response.url.host} answered with another range than asked for`,
    );
  }
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    const rest = skip > 0 ? chunk.subarray(skip) : chunk;
    skip -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

/** Where a partial answer begins (RFC 9110 §14.4). */
function rangeStart(response: HttpResponse): number {
  const start = /^bytes (\d+)-/.exec(headerOf(response, "content-range") ?? "")?.[1];
  return start === undefined ? Number.POSITIVE_INFINITY : Number(start);
}

/** The registry was reached, whatever broke off its answer. */
function truncated({ host }: Endpoint, position: number, size: number, cause?: unknown): SlipwayError {
  return new SlipwayError("REGISTRY_PROTOCOL", `${host} ended a blob after ${position} of ${size} bytes`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "the registry's copy may be damaged: push the image again, or use another mirror",
    facts: { host },
  });
}
