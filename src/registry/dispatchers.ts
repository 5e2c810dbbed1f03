import { BlockList, isIP } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import { type AuthorityFiles, readAuthorities } from "../sys/authorities.ts";
import { loadUndici } from "../sys/undici.ts";
import { type CertificateFiles, loadCertificates } from "./certificates.ts";
import { hostnameOf, isLoopback } from "./endpoint.ts";

/** Milliseconds. */
export interface Timeouts {
  /** Until a connection stands. */
  readonly connect: number;
  /** Until the headers of an answer, and between two pieces of its body. */
  readonly stall: number;
  /** Until the headers of the answer to an upload: large blobs are checked by the registry first. */
  readonly commit: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, stall: 60_000, commit: 600_000 };

/** Proxy settings as the environment variables of the same names have them. */
export interface ProxySettings {
  readonly http?: string;
  readonly https?: string;
  /** Comma-separated hosts, domains, addresses and CIDR ranges that are called directly; `*` is all. */
  readonly noProxy?: string;
}

export interface DispatcherSettings {
  readonly timeouts: Timeouts;
  readonly proxies: ProxySettings;
  /** Folders like /etc/docker/certs.d, with a folder for each `host[:port]`. */
  readonly certsDirs: readonly string[];
  /** The authorities that every host may be certified by. */
  readonly authorities: AuthorityFiles;
}

/** Nothing for connections in plain. */
type Trust = { readonly secureContext?: SecureContext };

/** Connection pools, one for each way of reaching hosts; made at first use. */
export class Dispatchers {
  readonly #settings: DispatcherSettings;
  readonly #pools = new Map<string, Promise<Dispatcher>>();
  #authorities: Promise<readonly string[]> | undefined;
  readonly #certificates = new Map<string, Promise<CertificateFiles | undefined>>();

  constructor(settings: DispatcherSettings) {
    this.#settings = settings;
  }

  async get(url: URL, verify: boolean): Promise<Dispatcher> {
    const proxy = proxyFor(url, this.#settings.proxies);
    const secure = url.protocol === "https:";
    const files = secure ? await this.#certificatesOf(url.host) : undefined;
    const key = JSON.stringify([secure, verify, proxy, files ? url.host : ""]);
    const trust = async () => (secure ? { secureContext: await this.#secureContext(verify, files) } : {});
    const made = this.#pools.get(key) ?? this.#make(verify, proxy, trust);
    this.#pools.set(key, made);
    return made;
  }

  /** Closes every connection, also those in use. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(async (pool) => (await pool).destroy()));
  }

  async #make(verify: boolean, proxy: string | undefined, trust: () => Promise<Trust>): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await loadUndici();
    const { timeouts } = this.#settings;
    const tls = { timeout: timeouts.connect, rejectUnauthorized: verify, ...(await trust()) };
    const common = {
      headersTimeout: timeouts.stall,
      bodyTimeout: timeouts.stall,
      connectTimeout: timeouts.connect,
      // Shorter than the idle time of common load balancers, so that a request rarely meets a closing connection.
      keepAliveTimeout: 15_000,
    };
    if (proxy === undefined) return new Agent({ ...common, connect: tls });
    const proxyTls = { timeout: timeouts.connect };
    return new ProxyAgent({ ...common, uri: proxy, requestTls: tls, proxyTls });
  }

  /** Made once for all connections of a pool: some hundred authorities take 40 ms. Where nothing is verified there is no need of them. */
  async #secureContext(
    verify: boolean,
    { ca = [], ...client }: CertificateFiles = {},
  ): Promise<SecureContext> {
    if (!verify) return createSecureContext({ ...client, ca: [] });
    this.#authorities ??= readAuthorities(this.#settings.authorities);
    return createSecureContext({ ...client, ca: [...(await this.#authorities), ...ca] });
  }

  #certificatesOf(host: string): Promise<CertificateFiles | undefined> {
    const known = this.#certificates.get(host) ?? loadCertificates(this.#settings.certsDirs, host);
    this.#certificates.set(host, known);
    return known;
  }
}

/** The proxy for a URL; undefined for a direct connection. Loopback hosts are always called directly. */
export function proxyFor(url: URL, proxies: ProxySettings): string | undefined {
  const proxy = url.protocol === "https:" ? proxies.https : proxies.http;
  if (!proxy || isLoopback(url.host) || bypasses(url, proxies.noProxy ?? "")) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function bypasses(url: URL, noProxy: string): boolean {
  const host = hostnameOf(url.host).toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .filter((rule) => rule !== "")
    .some((rule) => rule === "*" || matchesRange(host, rule) || matchesDomain(host, port, rule));
}

function matchesDomain(host: string, port: string, rule: string): boolean {
  const rulePort = /:(\d+)$/.exec(rule)?.[1];
  if (rulePort !== undefined && isIP(rule) === 0 && rulePort !== port) return false;
  const name = (isIP(rule) ? rule : hostnameOf(rule)).replace(/^\*?\./, "");
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function matchesRange(host: string, rule: string): boolean {
  const [net = "", bits] = rule.split("/");
  const family = isIP(net);
  if (bits === undefined || !/^\d{1,3}$/.test(bits) || family === 0 || isIP(host) !== family) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(net, Number(bits), type);
  return list.check(host, type);
}
