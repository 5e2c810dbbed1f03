import type { BuildEvent, StepId } from "../core/events.ts";
import { StepLogs } from "./log-lines.ts";
import { formatBytes, formatDuration } from "./measures.ts";
import type { ProgressOutput, ProgressPrinter } from "./printer.ts";
import { resultLines } from "./result-lines.ts";
import { safeLine, safeName } from "./safe-text.ts";
import { WarningSummary } from "./warning-summary.ts";

/** A transfer that goes on is mentioned this often. */
const TRANSFER_INTERVAL_MS = 5000;

type EventOf<Type extends BuildEvent["type"]> = Extract<BuildEvent, { type: Type }>;

interface Step {
  readonly number: number;
  readonly started: number;
}

interface Transfer {
  mentioned: number;
  complete: boolean;
}

/**
 * Lines that only ever get longer, for logs and pipes (SPEC CL-07): `#<n> name`, `#<n> MISS why`, `#<n> 0.123 output`,
 * `#<n> CACHED`, `#<n> DONE 0.1s`, `#<n> ERROR: message`, `#<n> CANCELED`. Steps are numbered as they appear; output is
 * printed whole, line by line, each line as soon as it is complete.
 */
export class PlainPrinter implements ProgressPrinter {
  readonly #out: Pick<ProgressOutput, "write">;
  readonly #steps = new Map<StepId, Step>();
  readonly #logs = new StepLogs();
  readonly #transfers = new Map<string, Transfer>();
  readonly #warnings: WarningSummary;
  #now = 0;

  constructor(out: Pick<ProgressOutput, "write">, options: { readonly debug?: boolean } = {}) {
    this.#out = out;
    this.#warnings = new WarningSummary(options.debug);
  }

  handle(event: BuildEvent): void {
    this.#now = event.time;
    this.#warnings.apply(event);
    switch (event.type) {
      case "build.start":
      case "warning":
      // Its lines were output of the step.
      case "harden":
        return;
      case "plan":
        return this.#plan(event);
      case "step.start":
        this.#begin(event.id, event.name);
        return;
      case "step.cached":
        this.#begin(event.id, event.name);
        return this.#end(event.id, "CACHED");
      case "step.miss":
        return this.#tell(event.id, `MISS ${safeName(event.reason)}`);
      case "step.log":
        return this.#output(event.id, this.#logs.push(event.id, event.stream, event.data));
      case "step.progress":
        return this.#transfer(event);
      case "step.done":
        return this.#done(event);
      case "step.error":
        return this.#end(event.id, `ERROR: ${safeName(event.message)}`);
      case "step.cancelled":
        return this.#end(event.id, "CANCELED");
      case "build.done":
        this.finish();
        return this.#block(resultLines(event));
      case "build.error":
        return this.finish();
      default:
        event satisfies never;
    }
  }

  finish(): void {
    for (const id of this.#steps.keys()) this.#output(id, this.#logs.end(id));
    this.#block(this.#warnings.take());
  }

  #plan(event: EventOf<"plan">): void {
    if (event.skippedStages.length === 0) return;
    this.#block([
      `skipped, because the target does not need them: ${event.skippedStages.map(safeName).join(", ")}`,
    ]);
  }

  #begin(id: StepId, name: string): Step {
    const number = this.#steps.get(id)?.number ?? this.#steps.size + 1;
    const step = { number, started: this.#now };
    this.#steps.set(id, step);
    this.#out.write(`${step.number > 1 ? "\n" : ""}#${step.number} ${safeName(name)}\n`);
    return step;
  }

  #tell(id: StepId, text: string): void {
    const step = this.#steps.get(id) ?? this.#begin(id, id);
    this.#out.write(`#${step.number} ${text}\n`);
  }

  #end(id: StepId, text: string): void {
    this.#output(id, this.#logs.end(id));
    this.#tell(id, text);
  }

  #done(event: EventOf<"step.done">): void {
    this.#output(event.id, this.#logs.end(event.id));
    if (event.note) this.#tell(event.id, safeName(event.note));
    this.#tell(event.id, `DONE ${formatDuration(event.duration)}`);
  }

  #output(id: StepId, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const step = this.#steps.get(id) ?? this.#begin(id, id);
    const seconds = Math.max(0, (this.#now - step.started) / 1000).toFixed(3);
    this.#out.write(lines.map((line) => `#${step.number} ${seconds} ${safeLine(line)}\n`).join(""));
  }

  #transfer(event: EventOf<"step.progress">): void {
    const key = `${event.id} ${event.item}`;
    const known = this.#transfers.get(key) ?? { mentioned: event.time, complete: false };
    this.#transfers.set(key, known);
    const complete = event.total !== undefined && event.current >= event.total;
    if (known.complete || (!complete && event.time - known.mentioned < TRANSFER_INTERVAL_MS)) return;
    known.complete = complete;
    known.mentioned = event.time;
    const total = event.total === undefined ? "" : ` / ${formatBytes(event.total)}`;
    this.#tell(
      event.id,
      `${safeName(event.item)} ${formatBytes(event.current)}${total}${complete ? " done" : ""}`,
    );
  }

  #block(lines: readonly string[]): void {
    if (lines.length > 0) this.#out.write(`\n${lines.join("\n")}\n`);
  }
}
