import { keyOf, type StepInputs } from "../cache/inputs.ts";
import { type CacheRecord, decodeInputs, decodeRecord } from "../cache/record.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { type Digest, isDigest } from "../core/digest.ts";
import type { Step } from "../plan/graph.ts";
import type { Store } from "../store/store.ts";
import type { Foresight } from "./step-executor.ts";

/** What a step left behind under this key, with its layer still there. */
export function lookUp(store: Store, key: Digest): CacheRecord | undefined {
  const record = decodeRecord(store.records.get(key));
  return record && store.layers.hasFiles(record.layer.diffId) ? record : undefined;
}

export interface ForesightOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly clock: () => number;
  readonly beforeExecute?: (step: Step) => void;
}

/** Guesses from the last run of a step whether it will run again. A wrong guess costs time and nothing else. */
export class StepForesight implements Foresight {
  /** When the work began that `willRun` allowed. */
  since: number | undefined;
  readonly #options: ForesightOptions;
  readonly #slot: string;
  readonly #step: Step;
  readonly #scope: CleanupScope;

  /** `scope` ends with the step: what `willRun` took is given back then. */
  constructor(options: ForesightOptions, slot: string, step: Step, scope: CleanupScope) {
    this.#options = options;
    this.#slot = slot;
    this.#step = step;
    this.#scope = scope;
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  async willRun(inputs: Omit<StepInputs, "files">): Promise<boolean> {
    const { store, signal, clock, beforeExecute } = this.#options;
    if (this.#isLikelyCached(inputs)) return false;
    beforeExecute?.(this.#step);
    await store.beforeWrite();
    // The key is not known yet, so its lock cannot keep a second build of the same from doing the same work.
    const release = await store.locks.acquire(`ahead-${this.#slot}`, { signal });
    this.#scope.defer(release);
    if (this.#isLikelyCached(inputs)) return false;
    this.since = clock();
    return true;
  }

  isStored(inputs: StepInputs): boolean {
    return !this.#step.noCache && lookUp(this.#options.store, keyOf(inputs)) !== undefined;
  }

  lastLayer(): Digest | undefined {
    return this.#lastRecord()?.layer.diffId;
  }

  #lastRecord(): CacheRecord | undefined {
    const { store } = this.#options;
    const key = store.last.get(`${this.#slot}/key`)?.toString();
    return key !== undefined && isDigest(key) ? lookUp(store, key) : undefined;
  }

  /** The last run had the same parent and instruction, and its layer is there: the files will be the same, too. */
  #isLikelyCached(inputs: Omit<StepInputs, "files">): boolean {
    if (this.#step.noCache || !this.#lastRecord()) return false;
    const last = decodeInputs(this.#options.store.inputs.get(this.#slot));
    return (
      last !== undefined && canonicalJson({ ...last, files: [] }) === canonicalJson({ ...inputs, files: [] })
    );
  }
}
