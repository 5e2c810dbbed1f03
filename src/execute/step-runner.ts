import { explainMiss, type MissExplanation } from "../cache/explain.ts";
import { keyOf, type StepInputs } from "../cache/inputs.ts";
import { type CacheRecord, decodeInputs, encodeInputs, encodeRecord } from "../cache/record.ts";
import { CleanupScope, throwIfAborted } from "../core/cleanup-scope.ts";
import type { Digest } from "../core/digest.ts";
import { explainSystemError, SlipwayError } from "../core/errors.ts";
import { type BuildEvent, type EventSink, eventId, type StepId } from "../core/events.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { Step } from "../plan/graph.ts";
import type { Store } from "../store/store.ts";
import { type Chain, stackLayer } from "./chain.ts";
import type { Sightings } from "./sightings.ts";
import type { Foresight, PreparedStep, StepExecutors, StepReporter } from "./step-executor.ts";
import { lookUp, StepForesight } from "./step-foresight.ts";

export interface StepRunnerOptions {
  readonly store: Store;
  readonly executors: StepExecutors;
  readonly onEvent: EventSink;
  /** ms since the build began. */
  readonly clock: () => number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Names this Dockerfile and context: what "the last build of this step" refers to when a miss is explained. */
  readonly slot: string;
  /** Told apart in events from those of other platforms; empty where there is one only. */
  readonly platform?: string;
  /** Steps that are going on in this process: given to several runners, it makes equal steps of theirs run once. */
  readonly inFlight?: InFlight;
  /** Keys that the last build came to. */
  readonly sightings?: Sightings;
  /** Takes secrets out of what is kept of a step beside its layer; what is left is for people. */
  readonly conceal?: (<T>(value: T) => T) | undefined;
  /** Called before the first step that has to run; may refuse (a no-op probe does). */
  readonly beforeExecute?: (step: Step) => void;
}

interface StepResult {
  readonly layer: LayerInfo;
  readonly created: string;
  readonly cached: boolean;
}

/** Steps that are going on, by key. */
export class InFlight {
  readonly steps = new Map<Digest, Promise<StepResult>>();
}

/** Takes steps through key, lookup, execution and record; equal steps run once, in this process and across processes. */
export class StepRunner {
  readonly #options: StepRunnerOptions;
  readonly #inFlight: InFlight;
  /** First step per stage that ran again: what later misses of the stage are explained by. */
  readonly #ranAgain = new Map<number, string>();

  constructor(options: StepRunnerOptions) {
    this.#options = options;
    this.#inFlight = options.inFlight ?? new InFlight();
  }

  /** The parent chain with the step's layer on top. Errors carry the step's source range. */
  async run(step: Step, parent: Chain): Promise<Chain> {
    const scope = new CleanupScope();
    try {
      return await scope.around(() => this.#run(step, parent, scope));
    } catch (error) {
      throw error instanceof SlipwayError ? error.at(step.source) : error;
    }
  }

  async #run(step: Step, parent: Chain, scope: CleanupScope): Promise<Chain> {
    throwIfAborted(this.#options.signal);
    const question = step.kind === "copy" ? this.#options.executors.copy.question?.(step, parent) : undefined;
    const cached = await this.#recall(step, question);
    if (cached) return stackLayer(parent, cached.layer, { created: cached.created, description: step.name });
    const foresight = new StepForesight(this.#options, this.#slotOf(step), step, scope);
    const prepared = await this.#prepare(step, parent, foresight);
    scope.defer(() => prepared.discard?.());
    const key = keyOf(prepared.inputs);
    if (question !== undefined) this.#options.sightings?.note(question, key);
    const stored = step.noCache ? undefined : this.#lookup(key);
    if (stored) {
      this.#emitCached(step, stored.layer.fileBytes);
      this.#rememberSlot(step, key, () => encodeInputs(this.#concealed(prepared.inputs)));
      return stackLayer(parent, stored.layer, { created: stored.created, description: step.name });
    }
    const result = await this.#shareRun(step, key, prepared, foresight.since);
    return stackLayer(parent, result.layer, { created: result.created, description: step.name });
  }

  /** The step's result where its key shows without preparing it, and nothing about it is new. */
  async #recall(step: Step, question: string | undefined): Promise<CacheRecord | undefined> {
    if (step.noCache || question === undefined) return undefined;
    const key = await this.#options.sightings?.recall(question);
    if (key === undefined || this.#lastKey(step) !== key) return undefined;
    const stored = this.#lookup(key);
    if (stored) this.#emitCached(step, stored.layer.fileBytes);
    return stored;
  }

  #emitCached(step: Step, size?: number): void {
    this.#emit({
      type: "step.cached",
      id: this.#id(step),
      name: step.name,
      stage: step.stage,
      ...(size === undefined ? {} : { size }),
    });
  }

  #lastKey(step: Step): string | undefined {
    return this.#options.store.last.get(`${this.#slotOf(step)}/key`)?.toString();
  }

  #prepare(step: Step, parent: Chain, foresight: Foresight): Promise<PreparedStep> {
    const { executors } = this.#options;
    switch (step.kind) {
      case "run":
        return executors.run.prepare(step, parent, foresight);
      case "copy":
        return executors.copy.prepare(step, parent, foresight);
      case "workdir":
        return executors.workdir.prepare(step, parent, foresight);
      default:
        return step satisfies never;
    }
  }

  /** A second equal step of this build waits for the first one's layer. */
  async #shareRun(step: Step, key: Digest, prepared: PreparedStep, since?: number): Promise<StepResult> {
    const other = this.#inFlight.steps.get(key);
    if (other) {
      const result = await other;
      this.#rememberSlot(step, key, () => encodeInputs(this.#concealed(prepared.inputs)));
      this.#emitCached(step);
      return result;
    }
    const run = this.#runOnce(step, key, prepared, since);
    this.#inFlight.steps.set(key, run);
    return run;
  }

  /** `since`: when work on the step began, where that was before its key was known. */
  async #runOnce(step: Step, key: Digest, prepared: PreparedStep, since?: number): Promise<StepResult> {
    const { clock, store, signal } = this.#options;
    this.#options.beforeExecute?.(step);
    await store.beforeWrite();
    const started = since ?? clock();
    this.#emit({
      type: "step.start",
      id: this.#id(step),
      name: step.name,
      stage: step.stage,
      source: step.source,
    });
    this.#reportMiss(step, key, this.#concealed(prepared.inputs));
    this.#ranAgain.set(step.stage, this.#ranAgain.get(step.stage) ?? step.name);
    try {
      const running = store.withLock(`step-${key.slice(7)}`, () => this.#execute(step, key, prepared), {
        signal,
      });
      const inputs = await encodedBeside(running, this.#concealed(prepared.inputs));
      const result = await running;
      this.#rememberSlot(step, key, () => inputs);
      this.#emit({
        type: "step.done",
        id: this.#id(step),
        duration: clock() - started,
        size: result.layer.fileBytes,
        ...(result.cached ? { note: "another build made it meanwhile" } : {}),
      });
      return result;
    } catch (failure) {
      const error = explainSystemError(failure);
      this.#reportFailure(step, error, clock() - started);
      throw error;
    }
  }

  /** Under the step's lock: another process may have finished the same step while this one waited. */
  async #execute(step: Step, key: Digest, prepared: PreparedStep): Promise<StepResult> {
    const stored = step.noCache ? undefined : this.#lookup(key);
    if (stored) return { layer: stored.layer, created: stored.created, cached: true };
    const layer = await prepared.execute(this.#reporter(step), this.#options.signal);
    const created = this.#options.now().toISOString();
    const { conceal } = this.#options;
    const description = conceal ? conceal(step.name) : step.name;
    const record: CacheRecord = { version: 1, key, layer, created, description };
    this.#options.store.records.put(key, encodeRecord(record));
    return { layer, created, cached: false };
  }

  #id(step: Step): StepId {
    return eventId(this.#options.platform ?? "", step.id);
  }

  #lookup(key: Digest): CacheRecord | undefined {
    return lookUp(this.#options.store, key);
  }

  #slotOf(step: Step): string {
    return `${this.#options.slot}/${step.id}`;
  }

  /** The key stands beside the inputs, which can be megabytes: where it is the same, they are the same. */
  #rememberSlot(step: Step, key: Digest, inputs: () => Uint8Array): void {
    const { last, inputs: kept } = this.#options.store;
    const slot = this.#slotOf(step);
    if (this.#lastKey(step) === key) return;
    kept.put(slot, inputs());
    last.put(`${slot}/key`, Buffer.from(key));
  }

  /** As they are kept and shown. Contents of files are there as digests, and their names in the layer. */
  #concealed(inputs: StepInputs): StepInputs {
    const { conceal } = this.#options;
    if (!conceal) return inputs;
    const files = inputs.files.map(({ entries, ...set }) => ({ ...conceal(set), entries }));
    return { ...inputs, fields: conceal(inputs.fields), files };
  }

  #reportMiss(step: Step, key: Digest, inputs: StepInputs): void {
    this.#emit({ type: "step.miss", id: this.#id(step), ...this.#missOf(step, key, inputs) });
  }

  #missOf(step: Step, key: Digest, inputs: StepInputs): MissExplanation {
    if (step.noCache)
      return { reason: "the cache was switched off for it", changed: [{ kind: "no-cache", name: "" }] };
    const before = decodeInputs(this.#options.store.inputs.get(this.#slotOf(step)));
    const miss = explainMiss(before, inputs, this.#ranAgain.get(step.stage));
    const isSecret = miss.changed[0]?.kind === "evicted" && this.#lastKey(step) !== key;
    if (!isSecret) return miss;
    return {
      reason: "a secret in its arguments has changed",
      changed: [{ kind: "argument", name: "a secret" }],
    };
  }

  #reportFailure(step: Step, error: unknown, duration: number): void {
    if (this.#options.signal.aborted) {
      this.#emit({ type: "step.cancelled", id: this.#id(step) });
      return;
    }
    const code = error instanceof SlipwayError ? error.code : "INTERNAL";
    const message = error instanceof Error ? error.message : String(error);
    this.#emit({ type: "step.error", id: this.#id(step), duration, code, message });
  }

  #reporter(step: Step): StepReporter {
    return {
      log: (stream, data) => this.#emit({ type: "step.log", id: this.#id(step), stream, data }),
      progress: (item, current, total) =>
        this.#emit({
          type: "step.progress",
          id: this.#id(step),
          item,
          current,
          ...(total === undefined ? {} : { total }),
        }),
      warn: (message) => this.#emit({ type: "warning", message, source: step.source }),
    };
  }

  #emit(event: Timeless<BuildEvent>): void {
    this.#options.onEvent({ ...event, time: this.#options.clock() } as BuildEvent);
  }
}

/** Of a hundred thousand files that takes a while; meanwhile threads and processes of the step are at work. */
async function encodedBeside(running: Promise<unknown>, inputs: StepInputs): Promise<Uint8Array> {
  running.catch(() => {});
  await new Promise(setImmediate);
  return encodeInputs(inputs);
}

type Timeless<E> = E extends unknown ? Omit<E, "time"> : never;
