import type { PackedLayer } from "./packed-layer.ts";
import type { BatchTask, StreamTask } from "./tasks.ts";
import type { PostedError } from "./thread-errors.ts";

/** What a worker thread is told. A thread has one task at a time. */
export type ToWorker =
  | { readonly type: "batch"; readonly task: BatchTask }
  | { readonly type: "open"; readonly task: StreamTask }
  | { readonly type: "chunk"; readonly bytes: Uint8Array }
  | { readonly type: "finish" };

/** What it answers: `taken` for every chunk, and one `done` or `failed` for the task. */
export type FromWorker =
  | { readonly type: "taken"; readonly bytes: number }
  | { readonly type: "done"; readonly result: PackedLayer }
  | { readonly type: "failed"; readonly error: PostedError };
