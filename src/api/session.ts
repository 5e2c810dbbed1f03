import { CleanupScope } from "../core/cleanup-scope.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import { parseReference } from "../image/reference.ts";
import type { Registry } from "../registry/client.ts";
import { ForeignPrograms } from "../runtime/emulation/foreign-programs.ts";
import { openStore, type Store } from "../store/store.ts";
import type { Environment } from "./environment.ts";
import { type FilePrivilege, filePrivilege } from "./privilege.ts";

/** Shared by everybody who works with the store's content, exclusive for who collects garbage. */
export const CONTENT_LOCK = "builds";

/** What one operation works with: the store, the registry client (made at first use) and what this process may do. */
export class Session {
  readonly environment: Environment;
  readonly store: Store;
  readonly privilege: FilePrivilege;
  /** Which processors' programs run here. */
  readonly foreignPrograms: ForeignPrograms;
  readonly #scope = new CleanupScope();
  readonly #notices: string[] = [];
  #registry: Promise<Registry> | undefined;

  private constructor(environment: Environment, store: Store) {
    this.environment = environment;
    this.store = store;
    this.privilege = filePrivilege(environment.uid);
    this.#scope.defer(() => store.close());
    this.foreignPrograms = new ForeignPrograms({
      path: environment.path,
      folder: () => {
        const folder = store.temp.directory("programs");
        this.#scope.defer(() => store.temp.remove(folder));
        return folder;
      },
    });
  }

  static async open(environment: Environment): Promise<Session> {
    return new Session(environment, await openStore(environment.home));
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
    const sources = this.store.sources(blob.digest);
    if (sources.length === 0)
      throw new SlipwayError(
        "BLOB_NOT_FOUND",
        `${blob.digest} is not in the store, and no registry is known to have it`,
        {
          hint: "pull the image again",
        },
      );
    const { fetchBlob } = await import("../registry/pull.ts");
    await fetchBlob({
      registry: await this.registry(),
      sources: sources.map((name) => parseReference(name)),
      descriptor: blob,
      store: this.store,
      ...(signal ? { signal } : {}),
    });
  };

  /** What the registry client wanted to say since the last call: repetitions, mirrors that fail, broken credential helpers. */
  takeNotices(): readonly string[] {
    return this.#notices.splice(0);
  }

  /** Keeps garbage collection away until the result is called; waits while one is going on. */
  keepContent(signal?: AbortSignal): Promise<() => void> {
    return this.store.locks.acquire(CONTENT_LOCK, { shared: true, ...(signal ? { signal } : {}) });
  }

  close(): Promise<void> {
    return this.#scope.close();
  }

  async #openRegistry(insecureHosts: readonly string[]): Promise<Registry> {
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
