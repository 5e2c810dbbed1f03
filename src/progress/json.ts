import type { BuildEvent } from "../core/events.ts";
import type { ProgressOutput, ProgressPrinter } from "./printer.ts";

type Decoder = InstanceType<typeof TextDecoder>;
type StepLog = Extract<BuildEvent, { type: "step.log" }>;

/** One JSON object per line and event, as docs/progress-json.md describes; output of steps as text. */
export function jsonPrinter(out: Pick<ProgressOutput, "write">): ProgressPrinter {
  const decoders = new Map<string, { readonly decoder: Decoder; last: StepLog }>();
  const writeLog = (event: StepLog, data: string) => {
    if (data !== "") out.write(`${JSON.stringify({ ...event, data })}\n`);
  };
  /** A character may be cut in two by the end of a chunk, and by the end of the whole output. */
  const flush = (id: string | undefined) => {
    for (const [key, { decoder, last }] of decoders) {
      if (id !== undefined && last.id !== id) continue;
      decoders.delete(key);
      writeLog(last, decoder.decode());
    }
  };
  return {
    handle: (event) => {
      if (event.type === "step.log") {
        const key = `${event.stream} ${event.id}`;
        const state = decoders.get(key) ?? { decoder: new TextDecoder("utf-8"), last: event };
        state.last = event;
        decoders.set(key, state);
        return writeLog(event, state.decoder.decode(event.data, { stream: true }));
      }
      if (event.type === "step.done" || event.type === "step.error" || event.type === "step.cancelled")
        flush(event.id);
      if (event.type === "build.done" || event.type === "build.error") flush(undefined);
      out.write(`${JSON.stringify(event, wellFormed)}\n`);
    },
    finish: () => flush(undefined),
  };
}

/** Readers of JSON refuse halves of characters, the form that bytes which are not UTF-8 have here. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}
