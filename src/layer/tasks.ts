import { type CaptureTask, capture } from "./capture-task.ts";
import { type IngestResult, IngestRun, type IngestTask } from "./ingest-task.ts";
import { type PackTask, pack } from "./pack-task.ts";
import type { PackedLayer } from "./packed-layer.ts";

/** Work that runs from beginning to end without more input. */
export type BatchTask = PackTask | CaptureTask;

/** Work that is fed with the bytes of an archive. */
export type StreamTask = IngestTask;

/** A stream task under way. */
export interface StreamRun {
  push(chunk: Buffer): void;
  /** Ends the input and gives the result. */
  finish(): IngestResult;
  /** Lets go of open files after a failure. */
  abandon(): void;
}

/** Does the work synchronously on the calling thread. */
export function runBatch(task: BatchTask): PackedLayer {
  return task.kind === "pack" ? pack(task) : capture(task);
}

export function openStream(task: StreamTask): StreamRun {
  return new IngestRun(task);
}
