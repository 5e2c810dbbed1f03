import type { Readable } from "node:stream";
import { SlipwayError } from "../core/errors.ts";
import { type Authorizer, type AuthTarget, repositoryScope } from "./auth.ts";
import type { Endpoint, Scheme } from "./endpoint.ts";
import { isConnectError } from "./network-errors.ts";
import { discard, type HttpRequest, type HttpResponse, type Method, type Transport } from "./transport.ts";

export type Access = "pull" | "push";

/** A request to one endpoint. */
export interface EndpointRequest {
  readonly method: Method;
  /** Below `/v2/`, each part already encoded; or an absolute address that the registry gave. */
  readonly target: string | URL;
  readonly access: Access;
  /** A second repository that must be readable (cross-repository mount). */
  readonly mountFrom?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
  readonly headersTimeout?: number;
  readonly retry?: boolean;
  readonly follow?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Requests to endpoints: finds out which scheme is spoken, and answers challenges. */
export class Session {
  readonly #transport: Transport;
  readonly #authorizer: Authorizer;
  readonly #schemes = new Map<string, Promise<Scheme>>();

  constructor(transport: Transport, authorizer: Authorizer) {
    this.#transport = transport;
    this.#authorizer = authorizer;
  }

  /**
   * Sends a request and gives the answer, whatever its status. After a 401 the request is sent again with credentials,
   * unless its body is a stream: then the answer is the 401, and the next request has the credentials.
   */
  async request(endpoint: Endpoint, request: EndpointRequest): Promise<HttpResponse> {
    const scheme = await this.#scheme(endpoint, request.signal);
    const origin = `${scheme.protocol}//${endpoint.apiHost}`;
    const url =
      typeof request.target === "string" ? new URL(`${origin}/v2/${request.target}`) : request.target;
    const auth = authTarget(endpoint, request, new URL(origin).origin);
    // An address on another host (a storage service that takes uploads) gets no credentials.
    if (url.origin !== auth.origin) return this.#transport.send(httpRequest(url, request, true));
    const header = await this.#authorizer.header(auth, request.signal);
    const first = await this.#transport.send(httpRequest(url, request, scheme.verify, header));
    if (first.status !== 401) return first;
    const offered = first.headers["www-authenticate"];
    const renewed = await this.#authorizer.renew(auth, offered, header, request.signal);
    if (renewed === undefined || !isReplayable(request)) return first;
    void discard(first);
    return this.#transport.send(httpRequest(url, request, scheme.verify, renewed));
  }

  /** Where several schemes are allowed, asks once which one is spoken; the answer holds for the session. */
  #scheme(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<Scheme> {
    const { schemes, apiHost, insecure } = endpoint;
    const [only, ...others] = schemes;
    if (only && others.length === 0) return Promise.resolve(only);
    const key = `${apiHost} ${insecure}`;
    const known = this.#schemes.get(key);
    if (known) return known;
    const probed = this.#probe(endpoint, signal);
    this.#schemes.set(key, probed);
    probed.catch(() => this.#schemes.delete(key));
    return probed;
  }

  async #probe({ schemes, apiHost }: Endpoint, signal: AbortSignal | undefined): Promise<Scheme> {
    let failure: unknown;
    for (const scheme of schemes) {
      try {
        const url = new URL(`${scheme.protocol}//${apiHost}/v2/`);
        const isLast = scheme === schemes.at(-1);
        const response = await this.#transport.send({
          method: "GET",
          url,
          verify: scheme.verify,
          retry: isLast,
          signal,
        });
        await discard(response);
        return scheme;
      } catch (error) {
        if (!(error instanceof SlipwayError) || !isConnectError(error.cause)) throw error;
        failure ??= error;
        // A refused connection is the truth about the host; a TLS error only says that it speaks something else.
        if (scheme.protocol === "http:") failure = error;
      }
    }
    throw failure;
  }
}

function authTarget(endpoint: Endpoint, request: EndpointRequest, origin: string): AuthTarget {
  const { host, repository, insecure } = endpoint;
  const own = repository
    ? [repositoryScope(repository, request.access === "push" ? "pull,push" : "pull")]
    : [];
  const mount = request.mountFrom === undefined ? [] : [repositoryScope(request.mountFrom, "pull")];
  return { host, origin, repository, insecure, scopes: [...own, ...mount] };
}

function httpRequest(
  url: URL,
  request: EndpointRequest,
  verify: boolean,
  authorization?: string,
): HttpRequest {
  const { target: _, access: __, mountFrom: ___, headers, ...rest } = request;
  return { ...rest, url, verify, headers: { ...headers, ...(authorization ? { authorization } : {}) } };
}

function isReplayable(request: EndpointRequest): boolean {
  return request.body === undefined || request.body instanceof Uint8Array;
}
