import { Worker } from "node:worker_threads";
import { SharedCell } from "./shared-cell.ts";
import type { ThreadMessage, ThreadRequest } from "./thread.ts";

/** How a thread came to its end. */
export type ThreadEnd =
  | { readonly kind: "done"; readonly corpus: number; readonly parts: number }
  | { readonly kind: "hang" | "out of memory" | "crash"; readonly input: Buffer; readonly detail: string };

export interface ThreadLimits {
  /** CPU milliseconds that one input may take. */
  readonly hang: number;
  /** MiB of heap. */
  readonly memory: number;
}

export const THREAD_LIMITS: ThreadLimits = { hang: 15_000, memory: 1024 };

/**
 * Runs a thread and watches it: one that spends too long on one input is ended. `onMessage` gets what it tells. Resolves with
 * how it ended; `executions` is how many inputs came to an end.
 */
export async function runWatched(
  request: Omit<ThreadRequest, "cell">,
  onMessage: (message: ThreadMessage) => void,
  limits: ThreadLimits = THREAD_LIMITS,
): Promise<{ readonly end: ThreadEnd; readonly executions: number }> {
  const cell = new SharedCell();
  const worker = new Worker(new URL("./thread.js", import.meta.url), {
    workerData: { ...request, cell: cell.buffer } satisfies ThreadRequest,
    resourceLimits: { maxOldGenerationSizeMb: limits.memory, stackSizeMb: 1 },
  });
  const end = await new Promise<ThreadEnd>((resolve) => {
    const stop = watch(cell, limits, () => {
      resolve({
        kind: "hang",
        input: cell.running ?? Buffer.alloc(0),
        detail: `more than ${limits.hang} ms`,
      });
    });
    worker.on("message", (message: ThreadMessage) => {
      onMessage(message);
      if (message.type === "done") resolve({ kind: "done", corpus: message.corpus, parts: message.parts });
    });
    worker.on("error", (error: NodeJS.ErrnoException) => {
      const kind = error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "out of memory" : "crash";
      resolve({ kind, input: cell.running ?? Buffer.alloc(0), detail: error.stack ?? error.message });
    });
    worker.on("exit", () => {
      stop();
      resolve({ kind: "crash", input: cell.running ?? Buffer.alloc(0), detail: "the thread ended" });
    });
  });
  await worker.terminate();
  return { end, executions: cell.executions };
}

/** Calls `onHang` once the thread has spent too much of the processor on one input. */
function watch(cell: SharedCell, limits: ThreadLimits, onHang: () => void): () => void {
  let executions = cell.executions;
  let since = process.cpuUsage();
  const timer = setInterval(() => {
    if (cell.executions !== executions || !cell.running) {
      executions = cell.executions;
      since = process.cpuUsage();
      return;
    }
    const { user, system } = process.cpuUsage(since);
    if ((user + system) / 1000 > limits.hang) onHang();
  }, 200);
  return () => clearInterval(timer);
}
