import type { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { parseUrl } from "../core/parse-url.ts";
import type { Dispatchers } from "./dispatchers.ts";
import { describeNetworkError, isRetryableError } from "./network-errors.ts";
import { backoff, isRetryableStatus, pause, type RetryPolicy, retryAfter } from "./retry.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes can be sent again; a stream makes the request a single attempt. */
  readonly body?: Uint8Array | Readable;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
  /** Milliseconds until the headers of the answer, where that differs from the usual. */
  readonly headersTimeout?: number;
  readonly signal?: AbortSignal | undefined;
  /** Default true where the body can be sent again. */
  readonly retry?: boolean;
  /** Default true: redirects of GET and HEAD are followed. */
  readonly follow?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read to its end, destroyed or discarded. */
  readonly body: Dispatcher.ResponseData["body"];
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

export interface TransportOptions {
  readonly dispatchers: Dispatchers;
  readonly retry: RetryPolicy;
  readonly userAgent: string;
  /** Told about every repetition: why, and the milliseconds of the pause. */
  readonly onRetry?: ((reason: string, delay: number) => void) | undefined;
}

const MAX_REDIRECTS = 5;

/**
 * HTTP requests with repetition and careful redirects; knows nothing of registries. Throws `REGISTRY_UNREACHABLE`,
 * `REGISTRY_PROTOCOL` and `CANCELLED`; answers of every status are given back once repeating them is of no use.
 */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get retryPolicy(): RetryPolicy {
    return this.#options.retry;
  }

  /** Sends a request, following the redirects of GET and HEAD. `Authorization` never goes to another origin. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    let current = request;
    for (let hops = 0; ; hops++) {
      const response = await this.#repeat(current);
      const target = redirectTarget(current, response);
      if (target === undefined) return response;
      void discard(response);
      if (hops === MAX_REDIRECTS) throw protocolError(request.url.host, "redirects in circles");
      current = redirected(current, target);
    }
  }

  async close(): Promise<void> {
    await this.#options.dispatchers.close();
  }

  async #repeat(request: HttpRequest): Promise<HttpResponse> {
    const { retry: policy } = this.#options;
    const replayable = request.body === undefined || request.body instanceof Uint8Array;
    const attempts = replayable && request.retry !== false ? policy.attempts : 1;
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(request.signal);
      const outcome = await this.#attempt(request);
      const delay = attempt < attempts ? repetitionDelay(outcome, attempt, policy) : undefined;
      if (delay === undefined) {
        if ("error" in outcome) throw describeNetworkError(outcome.error, request.url.host, request.signal);
        return outcome.response;
      }
      if ("response" in outcome) void discard(outcome.response);
      this.#options.onRetry?.(reasonOf(outcome, request.url.host), delay);
      await pause(delay, request.signal);
    }
  }

  async #attempt(request: HttpRequest): Promise<Outcome> {
    const { url, method, headers, body, verify, signal, headersTimeout } = request;
    try {
      const dispatcher = await this.#options.dispatchers.get(url, verify);
      const response = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        // undici would give up the connection after each HEAD.
        reset: false,
        headers: { "user-agent": this.#options.userAgent, ...headers },
        ...(body === undefined ? {} : { body }),
        ...(signal ? { signal } : {}),
        ...(headersTimeout === undefined ? {} : { headersTimeout }),
      });
      // Whoever reads the body sees its failure; an answer that is not read must not bring the program down.
      response.body.on("error", () => {});
      return {
        response: { status: response.statusCode, headers: response.headers, body: response.body, url },
      };
    } catch (error) {
      return { error };
    }
  }
}

type Outcome = { readonly response: HttpResponse } | { readonly error: unknown };

/** One header's value; several are joined as RFC 9110 §5.3 allows. */
export function headerOf(response: HttpResponse, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Lets go of an answer's body; a short one is read, and when this ends its connection can be used again. Never rejects. */
export async function discard(response: HttpResponse): Promise<void> {
  await response.body.dump({ limit: 64 * 1024 }).catch(() => {});
  // The pool counts the connection as busy until the next turn of the event loop.
  await setImmediate();
}

function repetitionDelay(outcome: Outcome, attempt: number, policy: RetryPolicy): number | undefined {
  if ("error" in outcome) return isRetryableError(outcome.error) ? backoff(attempt, policy) : undefined;
  const { response } = outcome;
  if (!isRetryableStatus(response.status)) return undefined;
  const asked = retryAfter(headerOf(response, "retry-after"), Date.now());
  if (asked === undefined) return backoff(attempt, policy);
  return asked > policy.maxRetryAfter ? undefined : Math.max(asked, backoff(attempt, policy));
}

function reasonOf(outcome: Outcome, host: string): string {
  if ("response" in outcome) return `${host} answered ${outcome.response.status}`;
  const error = describeNetworkError(outcome.error, host);
  return error instanceof Error ? error.message : `${host} failed`;
}

function redirectTarget(request: HttpRequest, response: HttpResponse): URL | undefined {
  if (request.follow === false) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = headerOf(response, "location") ?? "";
  const target = parseUrl(location, request.url);
  if (!target) {
    throw protocolError(request.url.host, "redirects to something that is no URL");
  }
  const isWeb = target.protocol === "https:" || target.protocol === "http:";
  if (!isWeb || (request.url.protocol === "https:" && target.protocol === "http:" && request.verify)) {
    throw protocolError(request.url.host, `redirects to an address that is not https (${target.protocol})`);
  }
  return target;
}

function redirected(request: HttpRequest, target: URL): HttpRequest {
  if (target.origin === request.url.origin) return { ...request, url: target };
  const { authorization: _, ...headers } = request.headers ?? {};
  // What the user accepted for one host says nothing about another one.
  return {
    ...request,
    url: target,
    headers,
    verify: target.hostname !== request.url.hostname || request.verify,
  };
}

function protocolError(host: string, what: string): SlipwayError<"REGISTRY_PROTOCOL"> {
  return new SlipwayError("REGISTRY_PROTOCOL", `${host} ${what}`, { facts: { host } });
}
