import { createHash } from "node:crypto";
import type { BuildEvent, StepId } from "../core/events.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { ProgressOutput, ProgressPrinter } from "./printer.ts";

type EventOf<Type extends BuildEvent["type"]> = Extract<BuildEvent, { type: Type }>;

/** A step as BuildKit's clients know it. */
interface Vertex {
  readonly digest: string;
  readonly inputs?: readonly string[];
  readonly name: string;
  readonly started?: string;
  readonly completed?: string;
  readonly cached?: boolean;
  readonly error?: string;
}

/** What findings of the linter belong to, as in BuildKit. */
const LOADING = "[internal] load build definition";

/**
 * One status object of BuildKit per line, `{vertexes, statuses, logs, warnings}`, for programs that read what
 * `docker buildx build --progress=rawjson` writes (SPEC CL-07). Bytes are base64; why a step missed has no place in it.
 */
export class RawJsonPrinter implements ProgressPrinter {
  readonly #out: Pick<ProgressOutput, "write">;
  readonly #now: () => number;
  readonly #vertexes = new Map<StepId, Vertex>();
  readonly #transfers = new Map<string, string>();
  #source: { readonly filename: string; readonly data: string; readonly language: string } | undefined;
  /** The moment, in ms since 1970, that times of events count from. */
  #epoch: number | undefined;

  constructor(out: Pick<ProgressOutput, "write">, now: () => number = Date.now) {
    this.#out = out;
    this.#now = now;
  }

  handle(event: BuildEvent): void {
    this.#epoch ??= this.#now() - event.time;
    switch (event.type) {
      case "build.start":
        return this.#keepSource(event);
      case "plan":
        return this.#plan(event);
      case "step.start":
        return this.#vertex(event.id, { name: event.name, started: this.#time(event) });
      case "step.cached":
        return this.#cached(event);
      case "step.done":
        return this.#vertex(event.id, { completed: this.#time(event) });
      case "step.error":
        return this.#vertex(event.id, { completed: this.#time(event), error: event.message });
      case "step.cancelled":
        return this.#vertex(event.id, { completed: this.#time(event), error: "context canceled" });
      case "step.log":
        return this.#log(event);
      case "step.progress":
        return this.#transfer(event);
      case "warning":
        return this.#warning(event);
      case "harden":
      case "step.miss":
      case "build.done":
      case "build.error":
        return;
      default:
        event satisfies never;
    }
  }

  finish(): void {}

  #keepSource({ dockerfile, text }: EventOf<"build.start">): void {
    if (text !== undefined)
      this.#source = { filename: dockerfile, data: base64(text), language: "Dockerfile" };
  }

  #plan({ stages }: EventOf<"plan">): void {
    const planned = stages.flatMap(({ steps }) =>
      steps.map(({ id, name }, at): Vertex => {
        const before = steps[at - 1];
        const vertex = { digest: digestOf(id), ...(before ? { inputs: [digestOf(before.id)] } : {}), name };
        this.#vertexes.set(id, vertex);
        return vertex;
      }),
    );
    if (planned.length > 0) this.#write({ vertexes: planned });
  }

  #cached(event: EventOf<"step.cached">): void {
    const time = this.#time(event);
    this.#vertex(event.id, { name: event.name, started: time, completed: time, cached: true });
  }

  #vertex(id: StepId, change: Partial<Vertex>): void {
    const known = this.#vertexes.get(id) ?? { digest: digestOf(id), name: id };
    const vertex: Vertex = { ...known, ...change };
    this.#vertexes.set(id, vertex);
    this.#write({ vertexes: [vertex] });
  }

  #log(event: EventOf<"step.log">): void {
    const stream = event.stream === "stdout" ? 1 : 2;
    const data = base64(event.data);
    this.#write({ logs: [{ vertex: digestOf(event.id), stream, data, timestamp: this.#time(event) }] });
  }

  #transfer(event: EventOf<"step.progress">): void {
    const { id, item, current, total } = event;
    const timestamp = this.#time(event);
    const key = `${id} ${item}`;
    const started = this.#transfers.get(key) ?? timestamp;
    this.#transfers.set(key, started);
    const isComplete = total !== undefined && current >= total;
    const status = {
      id: item,
      vertex: digestOf(id),
      current,
      ...(total === undefined ? {} : { total }),
      timestamp,
      started,
      ...(isComplete ? { completed: timestamp } : {}),
    };
    this.#write({ statuses: [status] });
  }

  #warning({ rule, message, source, url }: EventOf<"warning">): void {
    const line = source ? ` (line ${source.start})` : "";
    const short = rule ? `${rule}: ${message}${line}` : message;
    const warning = {
      vertex: digestOf(LOADING),
      level: 1,
      short: base64(short),
      ...(url ? { url } : {}),
      ...(this.#source && source ? { sourceInfo: this.#source } : {}),
      ...(source ? { range: rangesOf(source) } : {}),
    };
    this.#write({ warnings: [warning] });
  }

  #time({ time }: BuildEvent): string {
    return new Date((this.#epoch ?? 0) + time).toISOString();
  }

  #write(status: object): void {
    this.#out.write(`${JSON.stringify(status)}\n`);
  }
}

/** One range per line, as BuildKit gives them. */
function rangesOf({ start, end }: SourceRange) {
  return Array.from({ length: end - start + 1 }, (_, at) => ({
    start: { line: start + at },
    end: { line: start + at },
  }));
}

function digestOf(id: StepId): string {
  return `sha256:${createHash("sha256").update(`step ${id}`).digest("hex")}`;
}

function base64(data: Uint8Array | string): string {
  return Buffer.from(data as Uint8Array).toString("base64");
}
