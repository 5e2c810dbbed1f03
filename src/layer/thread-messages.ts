import type { Digest } from "../core/digest.ts";
import type { BatchTask, StreamTask, TaskResult } from "./tasks.ts";
import type { PostedError } from "./thread-errors.ts";

/** What a worker thread is told. A thread has one task at a time. */
export type ToWorker =
  | { readonly type: "batch"; readonly task: BatchTask }
  | { readonly type: "open"; readonly task: StreamTask }
  | { readonly type: "chunk"; readonly bytes: Uint8Array; readonly digests?: readonly Digest[] }
  | { readonly type: "finish" };

/** What it answers: `taken` for every chunk, with its memory (of a piece where it came with digests), and one `done` or `failed` for the task. */
export type FromWorker =
  | {
      readonly type: "taken";
      readonly bytes: number;
      readonly buffer: ArrayBuffer;
      readonly isPiece: boolean;
    }
  | { readonly type: "done"; readonly result: TaskResult }
  | { readonly type: "failed"; readonly error: PostedError };
