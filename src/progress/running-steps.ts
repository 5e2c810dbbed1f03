import type { BuildEvent, StepId } from "../core/events.ts";
import { StepLogs } from "./log-lines.ts";
import { safeLine, safeName } from "./safe-text.ts";
import { StepLog } from "./step-log.ts";

/** Lines of output shown below a running step. */
export const TAIL_LINES = 6;
/** Characters of each that are kept; no terminal is wider. */
const LONGEST_TAIL = 1000;

export interface Transfer {
  readonly item: string;
  readonly current: number;
  readonly total: number | undefined;
}

export interface RunningStep {
  readonly id: StepId;
  readonly name: string;
  readonly started: number;
  readonly miss: string | undefined;
  /** The last lines of output, made safe to print. */
  readonly tail: readonly string[];
  readonly transfers: ReadonlyMap<string, Transfer>;
}

interface Slot extends RunningStep {
  miss: string | undefined;
  tail: string[];
  readonly transfers: Map<string, Transfer>;
  readonly log: StepLog;
}

/** What goes on right now, and how far the build is. Follows the events; draws nothing. */
export class RunningSteps {
  readonly #running = new Map<StepId, Slot>();
  readonly #known = new Set<StepId>();
  readonly #ended = new Set<StepId>();
  readonly #logs = new StepLogs();
  #cached = 0;

  /** In the order in which they began. */
  get running(): readonly RunningStep[] {
    return [...this.#running.values()];
  }

  get total(): number {
    return this.#known.size;
  }

  get finished(): number {
    return this.#ended.size;
  }

  get cached(): number {
    return this.#cached;
  }

  get(id: StepId): RunningStep | undefined {
    return this.#running.get(id);
  }

  apply(event: BuildEvent): void {
    switch (event.type) {
      case "plan":
        for (const stage of event.stages) for (const step of stage.steps) this.#known.add(step.id);
        return;
      case "step.start":
        this.#start(event.id, event.name, event.time);
        return;
      case "step.cached":
        this.#cached += 1;
        this.#end(event.id);
        return;
      case "step.miss":
        this.#slot(event.id, event.time).miss = safeName(event.reason);
        return;
      case "step.log":
        this.#log(event.id, event.stream, event.data, event.time);
        return;
      case "step.progress":
        this.#slot(event.id, event.time).transfers.set(event.item, {
          item: safeName(event.item),
          current: event.current,
          total: event.total,
        });
        return;
      case "step.done":
      case "step.error":
      case "step.cancelled":
        this.#end(event.id);
        return;
      default:
        return;
    }
  }

  /** Everything that a step wrote so far, as lines that are safe to print. To be asked before its end is applied. */
  logOf(id: StepId): string[] {
    const log = this.#running.get(id)?.log.read();
    if (!log) return [];
    const splitter = new StepLogs();
    const read = (chunks: readonly Uint8Array[]) =>
      chunks.flatMap((chunk) => splitter.push(id, "stdout", chunk));
    const head = read(log.head);
    const gap = log.dropped > 0 ? [...splitter.end(id), `… ${log.dropped} bytes left out …`] : [];
    return head.concat(gap, read(log.tail), splitter.end(id)).map(safeLine);
  }

  #start(id: StepId, name: string, time: number): Slot {
    const slot: Slot = {
      id,
      name: safeName(name),
      started: time,
      miss: undefined,
      tail: [],
      transfers: new Map(),
      log: new StepLog(),
    };
    this.#known.add(id);
    this.#running.set(id, slot);
    return slot;
  }

  /** An event about a step that never began begins it. */
  #slot(id: StepId, time: number): Slot {
    return this.#running.get(id) ?? this.#start(id, id, time);
  }

  #log(id: StepId, stream: string, data: Uint8Array, time: number): void {
    const slot = this.#slot(id, time);
    slot.log.append(data);
    const lines = this.#logs.push(id, stream, data).map((line) => safeLine(line.slice(0, LONGEST_TAIL)));
    if (lines.length > 0) slot.tail = [...slot.tail, ...lines].slice(-TAIL_LINES);
  }

  #end(id: StepId): void {
    this.#known.add(id);
    this.#ended.add(id);
    this.#running.delete(id);
    this.#logs.end(id);
  }
}
