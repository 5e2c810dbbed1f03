import { CleanupScope } from "../core/cleanup-scope.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { parseReference } from "../image/reference.ts";
import type { Registry } from "../registry/client.ts";
import type { FetchRequest } from "../registry/fetch-blob.ts";
import { ForeignPrograms } from "../runtime/emulation/foreign-programs.ts";
import { openStore, type Store } from "../store/store.ts";
import type { Environment } from "./environment.ts";
import { offline } from "./offline.ts";
import { type FilePrivilege, filePrivilege } from "./privilege.ts";

/** Shared by everybody who adds to the store's content, exclusive for who collects garbage. */
const CONTENT_LOCK = "builds";

export interface SessionOptions {
  /** Ends the wait for a garbage collection. */
  readonly signal?: AbortSignal | undefined;
  /** Asking the network is an error, `OFFLINE`. */
  readonly offline?: boolean | undefined;
}

/** What one operation works with: the store, the registry client (made at first use) and what this process may do. */
export class Session {
  readonly environment: Environment;
  readonly store: Store;
  readonly privilege: FilePrivilege;
  /** Which processors' programs run here. */
  readonly foreignPrograms: ForeignPrograms;
  /** Nothing is asked of registries, servers and repositories. */
  readonly offline: boolean;
  readonly #scope = new CleanupScope();
  readonly #notices: string[] = [];
  readonly #signal: AbortSignal | undefined;
  /** What told of the last garbage collection when the session began. */
  readonly #collected: string | undefined;
  #registry: Promise<Registry> | undefined;
  #kept: Promise<() => void> | undefined;

  private constructor(environment: Environment, { signal, offline = false }: SessionOptions) {
    this.environment = environment;
    this.offline = offline;
    this.#signal = signal;
    this.store = openStore(environment.home, { beforeWrite: () => this.keepContent() });
    this.privilege = filePrivilege(environment.uid);
    this.#collected = this.store.lastCollection();
    this.#scope.defer(async () => (await this.#kept?.catch(() => {}))?.());
    this.#scope.defer(() => this.store.close());
    const { store } = this;
    this.foreignPrograms = new ForeignPrograms({
      path: environment.path,
      folder: () => {
        const folder = store.temp.directory("programs");
        this.#scope.defer(() => store.temp.remove(folder));
        return folder;
      },
    });
  }

  static async open(environment: Environment, options: SessionOptions = {}): Promise<Session> {
    return new Session(environment, options);
  }

  /**
   * The registry client; one of its own where some hosts may be spoken to without certificates for once. Importing it is put off
   * until an operation needs the network.
   */
  registry(insecureHosts: readonly string[] = []): Promise<Registry> {
    if (insecureHosts.length > 0) return this.#openRegistry(insecureHosts);
    this.#registry ??= this.#openRegistry([]);
    return this.#registry;
  }

  /** Gets a blob of a base image from one of the repositories that it is known to be in. */
  readonly fetchBlob = async (blob: Descriptor, signal?: AbortSignal): Promise<void> => {
    const { fetchBlob } = await import("../registry/pull.ts");
    await fetchBlob(await this.#fetchRequest(blob, signal));
  };

  /** The same, giving its bytes on the way: `streamBlob`. */
  async *streamBlob(blob: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { streamBlob } = await import("../registry/pull.ts");
    yield* streamBlob(await this.#fetchRequest(blob, signal));
  }

  /** What the registry client wanted to say since the last call: repetitions, mirrors that fail, broken credential helpers. */
  takeNotices(): readonly string[] {
    return this.#notices.splice(0);
  }

  /**
   * Keeps garbage collection away until the session is closed; waits while one is going on. Everything that writes comes here by
   * itself; who only reads, and briefly, can do without. Throws `STORE_BUSY` where there was a collection since the session
   * began: what was read then may be gone.
   */
  async keepContent(): Promise<void> {
    this.#kept ??= this.#lockContent();
    await this.#kept;
  }

  /** Runs a garbage collection, alone. */
  async collect<T>(sweep: () => Promise<T>): Promise<T> {
    return this.store.withLock(CONTENT_LOCK, async () => {
      this.#kept = Promise.resolve(() => {});
      this.store.noteCollection();
      return sweep();
    });
  }

  close(): Promise<void> {
    return this.#scope.close();
  }

  async #fetchRequest(blob: Descriptor, signal: AbortSignal | undefined): Promise<FetchRequest> {
    const sources = this.store.sources(blob.digest);
    if (sources.length === 0)
      throw new SlipwayError(
        "BLOB_NOT_FOUND",
        `${blob.digest} is not in the store, and no registry is known to have it`,
        { hint: "pull the image again" },
      );
    if (this.offline)
      throw offline(
        `the layer ${blob.digest} of ${sources[0]!} is not in the store`,
        `get the image with its layers: slipway pull ${sources[0]!}:TAG`,
      );
    return {
      registry: await this.registry(),
      sources: sources.map((name) => parseReference(name)),
      descriptor: blob,
      store: this.store,
      ...(signal ? { signal } : {}),
    };
  }

  async #lockContent(): Promise<() => void> {
    const options = { shared: true, ...(this.#signal ? { signal: this.#signal } : {}) };
    const release = await this.store.locks.acquire(CONTENT_LOCK, options);
    if (this.store.lastCollection() === this.#collected) return release;
    release();
    throw new SlipwayError("STORE_BUSY", "the store was pruned while this began", {
      hint: "run it again",
      facts: { prunedMeanwhile: true },
    });
  }

  async #openRegistry(insecureHosts: readonly string[]): Promise<Registry> {
    if (this.offline) throw offline("a registry is needed", "leave --offline out");
    const { Registry } = await import("../registry/client.ts");
    const { registryOptions } = await import("./registry-options.ts");
    const registry = new Registry({
      ...(await registryOptions(this.environment)),
      insecureHosts,
      onNotice: (message) => this.#notices.push(message),
    });
    this.#scope.defer(() => registry.close());
    return registry;
  }
}

/** Tells whether a garbage collection came between the beginning of a session and the first thing that it keeps: it can begin again. */
export function wasPrunedMeanwhile(error: unknown): boolean {
  return isSlipwayError(error, "STORE_BUSY") && error.facts.prunedMeanwhile === true;
}
