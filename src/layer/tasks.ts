import type { Digest } from "../core/digest.ts";
import { type CaptureTask, capture } from "./capture-task.ts";
import { type IngestedFiles, IngestRun, type IngestTask } from "./ingest-task.ts";
import { PackRun, type PackTask } from "./pack-task.ts";
import type { PackedLayer } from "./packed-layer.ts";

/** Work that runs from beginning to end without more input. */
export type BatchTask = CaptureTask;

/** Work that is fed with bytes: of an archive, or of files one after the other. */
export type StreamTask = IngestTask | PackTask;

export type TaskResult = PackedLayer | IngestedFiles;

/** A stream task under way. */
export interface StreamRun {
  /** `digests`: of the files that end in these bytes, where they come from files. */
  push(bytes: Buffer, digests?: readonly Digest[]): void;
  /** Ends the input and gives the result. */
  finish(): TaskResult;
  /** Lets go of open files after a failure. */
  abandon(): void;
}

/** Does the work synchronously on the calling thread. */
export function runBatch(task: BatchTask): PackedLayer {
  return capture(task);
}

export function openStream(task: StreamTask): StreamRun {
  return task.kind === "pack" ? new PackRun(task) : new IngestRun(task);
}
