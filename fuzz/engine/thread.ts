import { parentPort, workerData } from "node:worker_threads";
import { targetNamed } from "../targets/index.ts";
import { Fuzzer } from "./fuzzer.ts";
import { SharedCell } from "./shared-cell.ts";
import type { Symptom } from "./verdict.ts";

/** What a fuzzing thread is started with. */
export interface ThreadRequest {
  readonly target: string;
  readonly seed: number;
  readonly cell: SharedArrayBuffer;
  readonly known: readonly string[];
  /** How long to make inputs, or a single input to run. */
  readonly work:
    | { readonly kind: "fuzz"; readonly milliseconds: number }
    | { readonly kind: "once"; readonly input: Uint8Array };
}

/** What it tells. */
export type ThreadMessage =
  | { readonly type: "found"; readonly symptom: Symptom; readonly input: Uint8Array }
  | { readonly type: "done"; readonly corpus: number; readonly parts: number };

const request = workerData as ThreadRequest;
const cell = new SharedCell(request.cell);
const target = targetNamed(request.target);

function tell(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

if (request.work.kind === "once") {
  const { input } = request.work;
  cell.begin(input);
  await Promise.resolve(target.run(input)).catch(() => undefined);
  cell.end();
  tell({ type: "done", corpus: 0, parts: 0 });
} else {
  const fuzzer = new Fuzzer({
    target,
    seed: request.seed,
    cell,
    known: request.known,
    report: (symptom, input) => tell({ type: "found", symptom, input }),
  });
  await fuzzer.run(request.work.milliseconds);
  tell({ type: "done", corpus: fuzzer.corpusSize, parts: fuzzer.partsReached });
}
