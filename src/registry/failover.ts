import { SlipwayError } from "../core/errors.ts";
import type { Endpoint } from "./endpoint.ts";

/** Tries several endpoints in order; remembers those that do not answer, or fail, and asks them last from then on. */
export class Failover {
  readonly #unreachable = new Set<string>();
  readonly #onNotice: ((message: string) => void) | undefined;

  constructor(onNotice?: (message: string) => void) {
    this.#onNotice = onNotice;
  }

  /** The endpoints with the silent ones at the end. */
  order(endpoints: readonly Endpoint[]): readonly Endpoint[] {
    const isSilent = (endpoint: Endpoint): boolean => this.#unreachable.has(endpoint.apiHost);
    return [...endpoints.filter((e) => !isSilent(e)), ...endpoints.filter(isSilent)];
  }

  /** The first success. Where all fail: the failure of the registry itself, which is what the user named. */
  async first<T>(endpoints: readonly Endpoint[], attempt: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const endpoint of this.order(endpoints)) {
      try {
        return await attempt(endpoint);
      } catch (error) {
        failure = this.fail(endpoint, error, failure);
      }
    }
    throw failure;
  }

  /** Notes a failure and gives the one to report of it and the one before; throws what no other endpoint can mend. */
  fail(endpoint: Endpoint, error: unknown, before: unknown): unknown {
    if (!(error instanceof SlipwayError) || error.code === "CANCELLED") throw error;
    if (error.code === "REGISTRY_UNREACHABLE" || Number(error.facts.status) >= 500)
      this.#unreachable.add(endpoint.apiHost);
    if (endpoint.mirror) this.#onNotice?.(`the mirror ${endpoint.host} is of no use: ${error.message}`);
    return before !== undefined && endpoint.mirror ? before : error;
  }
}
