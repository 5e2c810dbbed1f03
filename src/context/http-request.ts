import { createSecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import { SlipwayError } from "../core/errors.ts";
import { parseUrl, webAddress } from "../core/parse-url.ts";
import { type AuthorityFiles, readAuthorities } from "../sys/authorities.ts";
import { loadUndici } from "../sys/undici.ts";
import { basicAuthorization } from "./source-auth.ts";

/** Proxies by kind of URL; `no` lists hosts that are reached without one, as in `NO_PROXY`. */
export interface ProxySettings {
  readonly http?: string;
  readonly https?: string;
  readonly no?: string;
}

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const REDIRECTS = 10;
const IDLE_MS = 60_000;

export interface HttpClientOptions {
  readonly proxy?: ProxySettings;
  /** Whom servers have to be certified by. */
  readonly authorities: AuthorityFiles;
}

/** The connections of one download. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** The way to a URL. The authorities are read for https only: reading some hundred of them takes a while. */
  dispatcher({ protocol }: URL): Promise<Dispatcher> {
    const made = this.#dispatchers.get(protocol) ?? openDispatcher(protocol === "https:", this.#options);
    this.#dispatchers.set(protocol, made);
    return made;
  }

  /** Ends all connections, also those in use. */
  async destroy(): Promise<void> {
    await Promise.all(
      [...this.#dispatchers.values()].map(async (dispatcher) => (await dispatcher).destroy()),
    );
  }
}

async function openDispatcher(
  secure: boolean,
  { proxy, authorities }: HttpClientOptions,
): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await loadUndici();
  const trust = secure
    ? { secureContext: createSecureContext({ ca: [...(await readAuthorities(authorities))] }) }
    : {};
  const connect = { timeout: 30_000, ...trust };
  const options = { headersTimeout: IDLE_MS, bodyTimeout: IDLE_MS, connect, requestTls: connect };
  if (!proxy) return new Agent(options);
  // Empty texts, since undici would look into the environment where they are missing.
  const { http = "", https = "", no = "" } = proxy;
  return new EnvHttpProxyAgent({ ...options, httpProxy: http, httpsProxy: https, noProxy: no });
}

/**
 * GET that follows redirects, to http and https only. What authorizes the request is for the origin it was meant for and is
 * dropped on the way to another. Throws `DOWNLOAD_FAILED` for redirects that lead nowhere.
 */
export async function httpGet(
  client: HttpClient,
  url: string,
  options: GetOptions,
): Promise<Dispatcher.ResponseData> {
  let target = webAddress(url);
  let headers = withCredentials(target, options.headers);
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    const { origin, pathname, search } = target;
    const dispatcher = await client.dispatcher(target);
    const response = await dispatcher.request({
      origin,
      path: pathname + search,
      method: "GET",
      headers,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    // A body that nobody reads to its end fails when the client is closed; whoever does read it gets the error anyway.
    response.body.on("error", () => {});
    const location = [301, 302, 303, 307, 308].includes(response.statusCode)
      ? response.headers.location
      : undefined;
    if (location === undefined) return response;
    await response.body.dump();
    const next = redirectTarget(String(location), target);
    headers = next.origin === target.origin ? headers : withCredentials(next, withoutSecrets(headers));
    target = next;
  }
  throw new SlipwayError("DOWNLOAD_FAILED", `${printableUrl(url)}: stopped after ${REDIRECTS} redirects`);
}

/** A URL for messages: without credentials, query and fragment, all of which may hold secrets. */
export function printableUrl(url: string): string {
  const { origin = "", pathname = "" } = parseUrl(url) ?? {};
  return origin + pathname;
}

function redirectTarget(location: string, from: URL): URL {
  const next = parseUrl(location, from);
  if (next?.protocol === "http:" || next?.protocol === "https:") return next;
  throw new SlipwayError(
    "DOWNLOAD_FAILED",
    `${printableUrl(from.href)} redirects to something that is no web address`,
  );
}

function withCredentials(url: URL, headers: Readonly<Record<string, string>>): Record<string, string> {
  if (url.username === "" || "authorization" in headers) return { ...headers };
  const pair = `${decoded(url.username)}:${decoded(url.password)}`;
  return { ...headers, authorization: basicAuthorization(pair) };
}

/** What is no percent-encoding stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { authorization: _authorization, cookie: _cookie, ...rest } = headers;
  return rest;
}
