import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, isDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { familiarName, type Reference } from "../image/reference.ts";
import { verified } from "../store/verified.ts";
import { downloadBlob } from "./blob-download.ts";
import { mountBlob, uploadBlob } from "./blob-upload.ts";
import { DEFAULT_TIMEOUTS } from "./dispatchers.ts";
import type { Endpoint } from "./endpoint.ts";
import { Failover } from "./failover.ts";
import {
  downloadManifest,
  type ManifestRequest,
  type RemoteManifest,
  resolveManifest,
} from "./manifest-download.ts";
import { makeSession, type RegistryOptions } from "./options.ts";
import { manifestKey, type RepositoryName } from "./reference.ts";
import { loadRegistriesConf } from "./registries-conf.ts";
import { type EndpointRules, pushEndpoint, resolveEndpoints } from "./resolve-endpoints.ts";
import { responseError } from "./response-errors.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import type { Session } from "./session.ts";
import { listTags } from "./tags.ts";
import { discard, headerOf, type Transport } from "./transport.ts";

export type { RemoteManifest } from "./manifest-download.ts";
export type { RegistryOptions } from "./options.ts";

export interface BlobOptions {
  /** Bytes the caller has already. */
  readonly offset?: number;
  /** Endpoints from the front that are not asked, because what they gave was wrong. */
  readonly skip?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The outcome of asking for a mount: taken over, or an upload was opened (its address), or neither. */
export type MountOutcome = boolean | URL;

/**
 * A client of all registries (OCI distribution-spec v1.1). Reads go to the mirrors and locations of registries.conf in
 * order; writes go to the registry that the name says. Connections, tokens and the schemes of hosts are kept until `close`.
 * Errors: `REGISTRY_*`, `DIGEST_MISMATCH`, `IMAGE_INVALID`, `CANCELLED`, and `USAGE` for a configuration that is wrong.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #session: Session;
  readonly #transport: Transport;
  readonly #failover: Failover;
  #rules: Promise<EndpointRules> | undefined;

  constructor(options: RegistryOptions = {}) {
    this.#options = Object.freeze({ ...options });
    const { session, transport } = makeSession(options);
    this.#session = session;
    this.#transport = transport;
    this.#failover = new Failover(options.onNotice);
  }

  /** Where a reference may be read, best first. */
  async endpoints(reference: Reference): Promise<readonly Endpoint[]> {
    return resolveEndpoints(reference, await this.#endpointRules());
  }

  /** What a reference points to at the moment: an index or a manifest. One HEAD request where the registry is well-behaved. */
  async resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor> {
    return this.#failover.first(await this.endpoints(reference), (endpoint) =>
      resolveManifest(this.#session, manifestRequest(endpoint, reference, undefined, signal)),
    );
  }

  /** The bytes of a manifest or an index, verified; of `descriptor` where one is given, else of what the reference says. */
  async manifest(
    reference: Reference,
    descriptor?: Descriptor,
    signal?: AbortSignal,
  ): Promise<RemoteManifest> {
    const wanted = descriptor ? { ...reference, digest: descriptor.digest } : reference;
    return this.#failover.first(await this.endpoints(wanted), (endpoint) =>
      downloadManifest(this.#session, manifestRequest(endpoint, wanted, descriptor?.mediaType, signal)),
    );
  }

  /** The bytes of a blob, resumed when a transfer breaks off; not verified (see `verifiedBlob`). */
  async *blob(
    name: RepositoryName,
    descriptor: Descriptor,
    options: BlobOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const { offset = 0, skip = 0, signal } = options;
    const { domain, repository } = name;
    const all = await this.endpoints({ domain, repository, digest: descriptor.digest });
    const endpoints = all.slice(Math.min(skip, all.length - 1));
    const [session, failover, retry] = [this.#session, this.#failover, this.#retry];
    yield* downloadBlob({ session, failover, retry, endpoints, descriptor, offset, signal });
  }

  /** The bytes of a whole blob; ends with `DIGEST_MISMATCH` instead of with bytes that are not the descriptor's. */
  verifiedBlob(
    name: RepositoryName,
    descriptor: Descriptor,
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return verified(this.blob(name, descriptor, { signal }), descriptor);
  }

  /** Tells whether the registry that the name says has a blob or manifest, for a push. */
  async has(
    name: RepositoryName,
    descriptor: Descriptor,
    kind: "blobs" | "manifests",
    signal?: AbortSignal,
  ): Promise<boolean> {
    const endpoint = await this.#pushEndpoint(name);
    const target = `${endpoint.repository}/${kind}/${descriptor.digest}`;
    const headers = { accept: kind === "blobs" ? "*/*" : descriptor.mediaType };
    // A registry that keeps blobs elsewhere answers with a redirect: that is a yes.
    const request = { method: "HEAD", target, headers, access: "push", follow: false, signal } as const;
    const response = await this.#session.request(endpoint, request);
    await discard(response);
    const { status } = response;
    if (status === 200 || (status >= 300 && status < 400)) return true;
    if (status === 404 || status === 405) return false;
    throw await responseError(response, { host: endpoint.host, subject: endpoint.repository, upload: true });
  }

  /** Uploads a blob; `open` gives its bytes from the start each time it is called, verified. `begun` comes from `mount`. */
  async pushBlob(
    name: RepositoryName,
    descriptor: Descriptor,
    open: () => Promise<AsyncIterable<Uint8Array>>,
    options: { readonly begun?: URL | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const upload = { ...(await this.#upload(name, descriptor, options.signal)), open };
    await uploadBlob(upload, options.begun);
  }

  /** Asks the registry to take a blob over from another of its repositories. */
  async mount(
    name: RepositoryName,
    descriptor: Descriptor,
    from: string,
    signal?: AbortSignal,
  ): Promise<MountOutcome> {
    return mountBlob(await this.#upload(name, descriptor, signal), from);
  }

  /** Puts a manifest or an index under a tag or under its digest. Idempotent. */
  async pushManifest(
    name: RepositoryName,
    key: string,
    manifest: RemoteManifest,
    signal?: AbortSignal,
  ): Promise<void> {
    const endpoint = await this.#pushEndpoint(name);
    const { bytes: body, descriptor } = manifest;
    const headers = { "content-type": descriptor.mediaType };
    const target = `${endpoint.repository}/manifests/${key}`;
    const request = { method: "PUT", target, headers, body, access: "push", signal } as const;
    const headersTimeout = this.#commitTimeout;
    const response = await this.#session.request(endpoint, { ...request, headersTimeout });
    const { host } = endpoint;
    if (response.status < 200 || response.status > 299) {
      const subject = `the manifest ${endpoint.repository}${isDigest(key) ? "@" : ":"}${key}`;
      throw await responseError(response, { host, subject, upload: true });
    }
    void discard(response);
    checkStored(headerOf(response, "docker-content-digest"), descriptor.digest, host);
  }

  /** All tags of a repository, in the registry's order. */
  async tags(name: RepositoryName, signal?: AbortSignal): Promise<readonly string[]> {
    const { domain, repository } = name;
    const endpoints = await this.endpoints({ domain, repository, tag: "latest" });
    return this.#failover.first(endpoints, (endpoint) => listTags(this.#session, endpoint, signal));
  }

  /** Succeeds where the host is a registry that lets us in; what `login` checks credentials with. */
  async ping(host: string, signal?: AbortSignal): Promise<void> {
    const endpoint = pushEndpoint({ domain: host, repository: "" }, await this.#endpointRules());
    const response = await this.#session.request(endpoint, {
      method: "GET",
      target: "",
      access: "pull",
      signal,
    });
    if (response.status === 200) void discard(response);
    else throw await responseError(response, { host, subject: "registry at /v2/", upload: false });
  }

  /** Closes all connections; transfers under way fail. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  get #retry(): RetryPolicy {
    return { ...DEFAULT_RETRY, ...this.#options.retry };
  }

  get #commitTimeout(): number {
    return this.#options.timeouts?.commit ?? DEFAULT_TIMEOUTS.commit;
  }

  async #upload(name: RepositoryName, descriptor: Descriptor, signal: AbortSignal | undefined) {
    const [session, retry, commitTimeout] = [this.#session, this.#retry, this.#commitTimeout];
    return { session, retry, commitTimeout, endpoint: await this.#pushEndpoint(name), descriptor, signal };
  }

  async #pushEndpoint(name: RepositoryName): Promise<Endpoint> {
    return pushEndpoint(name, await this.#endpointRules());
  }

  #endpointRules(): Promise<EndpointRules> {
    this.#rules ??= this.#loadRules();
    return this.#rules;
  }

  async #loadRules(): Promise<EndpointRules> {
    const conf = await loadRegistriesConf(this.#options.registriesConfPaths ?? []);
    return { conf, insecureHosts: this.#options.insecureHosts ?? [] };
  }
}

function manifestRequest(
  endpoint: Endpoint,
  reference: Reference,
  mediaType: string | undefined,
  signal: AbortSignal | undefined,
): ManifestRequest {
  const subject = familiarName(reference);
  const { digest } = reference;
  return { endpoint, key: manifestKey(reference), digest, mediaType, subject, signal };
}

function checkStored(stored: string | undefined, digest: Digest, host: string): void {
  if (!isDigest(stored) || stored === digest) return;
  throw new SlipwayError("DIGEST_MISMATCH", `${host} stored ${digest} as ${stored}`, {
    hint: "something between here and the registry changes content",
    facts: { host, expected: digest, actual: stored },
  });
}
