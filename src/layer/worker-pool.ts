import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { cancelled, throwIfAborted } from "../core/cleanup-scope.ts";
import type { Digest } from "../core/digest.ts";
import { describeSystemError, SlipwayError } from "../core/errors.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { Piece } from "./read-files.ts";
import {
  type BatchTask,
  openStream,
  runBatch,
  type StreamRun,
  type StreamTask,
  type TaskResult,
} from "./tasks.ts";
import { unpackError } from "./thread-errors.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";

/** Bytes that may be under way to a thread. */
const MOST_UNTAKEN = 4 * 1024 * 1024;

/** Memory that chunks travel in: as much as a decompressor gives at once. It comes back, since new memory costs as much as filling it. */
const CARRIER_BYTES = 256 * 1024;

/** After a layer of so large a table of contents the thread ends: it would keep tens of megabytes, and a new one starts in 20 ms. */
const LARGE_TOC_BYTES = 1024 * 1024;

/** Chunks of an archive, or pieces of files. */
type Source = AsyncIterable<Uint8Array | Piece>;

export interface BatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Do it on the calling thread. */
  readonly isLittle?: boolean;
}

export interface StreamOptions extends BatchOptions {
  /** Given the memory of each piece when it is not needed any more. */
  readonly recycle?: (buffer: ArrayBuffer) => void;
  /** Memory of the task that goes to the thread and is lost to the caller, who has no more use for it. */
  readonly moved?: readonly ArrayBuffer[];
}

/**
 * Threads for the synchronous work on layers. They start at first use, wait for more without keeping the process alive, and are ended
 * when their task is aborted. Where the worker's file is missing, the same work is done on the calling thread.
 */
export class WorkerPool {
  readonly #size: number;
  readonly #file: () => URL | undefined;
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** `size` is the largest number of threads; `file` tells where their program is. */
  constructor(size: number, file: () => URL | undefined = workerFile) {
    this.#size = size;
    this.#file = file;
  }

  /** Throws what the task throws, and `CANCELLED`. When it returns, nothing touches the task's files any more. */
  async batch(task: BatchTask, { signal, isLittle }: BatchOptions = {}): Promise<PackedLayer> {
    throwIfAborted(signal);
    const file = isLittle ? undefined : this.#file();
    if (!file) return here(() => runBatch(task));
    const ask = (conversation: Conversation) => conversation.ask({ type: "batch", task });
    return (await this.#lease(file, signal, ask)) as PackedLayer;
  }

  /** Feeds `source` to the task. Throws what the source or the task throws, and `CANCELLED`. */
  async stream<T extends TaskResult>(
    task: StreamTask,
    source: Source,
    { signal, isLittle, recycle = () => {}, moved = [] }: StreamOptions = {},
  ): Promise<T> {
    throwIfAborted(signal);
    const file = isLittle ? undefined : this.#file();
    const result = file
      ? await this.#lease(file, signal, (conversation) => conversation.feed(task, source, { recycle, moved }))
      : await streamHere(task, source, { signal, recycle });
    return result as T;
  }

  async #lease(
    file: URL,
    signal: AbortSignal | undefined,
    use: (conversation: Conversation) => Promise<TaskResult>,
  ): Promise<TaskResult> {
    await this.#turn(signal);
    const worker = this.#idle.pop() ?? this.#start(file);
    worker.ref();
    const conversation = new Conversation(worker, signal);
    try {
      const result = await use(conversation);
      conversation.close();
      if (result.toc.length > LARGE_TOC_BYTES) await worker.terminate();
      else {
        worker.unref();
        this.#idle.push(worker);
      }
      const { buffer, byteOffset, byteLength } = result.toc;
      return { ...result, toc: Buffer.from(buffer, byteOffset, byteLength) };
    } catch (error) {
      conversation.close();
      // It may be in the middle of anything.
      await worker.terminate();
      throw error;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  #start(file: URL): Worker {
    const worker = new Worker(file, { name: "layers", resourceLimits: { maxYoungGenerationSizeMb: 6 } });
    worker.on("error", () => {});
    worker.on("exit", () => {
      const at = this.#idle.indexOf(worker);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return worker;
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    while (this.#running >= this.#size) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    if (!signal?.aborted) return;
    this.#running--;
    this.#waiting.shift()?.();
    throw cancelled(signal);
  }
}

/** One task's exchange of messages with a thread. */
class Conversation {
  readonly #worker: Worker;
  readonly #outcome: Promise<TaskResult>;
  #untaken = 0;
  #recycle: (buffer: ArrayBuffer) => void = () => {};
  readonly #carriers: ArrayBuffer[] = [];
  #hasFailed = false;
  /** Ends the wait that is going on, whatever it is for. */
  #wake: () => void = () => {};
  #onRoom: () => void = () => {};
  #stop: () => void = () => {};

  constructor(worker: Worker, signal: AbortSignal | undefined) {
    this.#worker = worker;
    this.#outcome = new Promise((resolve, reject) => {
      const onMessage = (message: FromWorker) => {
        if (message.type === "done") resolve(message.result);
        else if (message.type === "failed") reject(unpackError(message.error));
        else this.#taken(message);
      };
      const onAbort = () => reject(cancelled(signal));
      const onExit = () => reject(new SlipwayError("INTERNAL", "a thread that works on layers ended"));
      worker.on("message", onMessage).on("error", reject).on("exit", onExit);
      signal?.addEventListener("abort", onAbort);
      this.#stop = () => {
        worker.off("message", onMessage).off("error", reject).off("exit", onExit);
        signal?.removeEventListener("abort", onAbort);
      };
    });
    this.#outcome.catch(() => {
      this.#hasFailed = true;
      this.#wake();
    });
  }

  ask(message: ToWorker): Promise<TaskResult> {
    this.#worker.postMessage(message);
    return this.#outcome;
  }

  async feed(
    task: StreamTask,
    source: Source,
    { recycle = () => {}, moved = [] }: Pick<StreamOptions, "recycle" | "moved">,
  ): Promise<TaskResult> {
    this.#recycle = recycle;
    this.#worker.postMessage({ type: "open", task } satisfies ToWorker, moved);
    const chunks = source[Symbol.asyncIterator]();
    while (!this.#hasFailed) {
      const next = await this.#next(chunks);
      if (next?.done) return this.ask({ type: "finish" });
      if (next) this.#send(next.value);
      while (this.#untaken > MOST_UNTAKEN && !this.#hasFailed) await this.#room();
    }
    // Not awaited: a source that waits for the network may never answer.
    void chunks.return?.().catch(() => {});
    return this.#outcome;
  }

  close(): void {
    this.#stop();
  }

  /** A chunk is copied: posting a part of a buffer would copy all of the memory behind it. A piece has its memory for itself. */
  #send(chunk: Uint8Array | Piece): void {
    if (!(chunk instanceof Uint8Array)) return this.#move(chunk);
    for (let at = 0; at < chunk.length; at += CARRIER_BYTES) {
      const part = chunk.subarray(at, at + CARRIER_BYTES);
      const bytes = new Uint8Array(this.#carriers.pop() ?? new ArrayBuffer(CARRIER_BYTES), 0, part.length);
      bytes.set(part);
      this.#move({ bytes });
    }
  }

  #move(message: { readonly bytes: Uint8Array<ArrayBuffer>; readonly digests?: readonly Digest[] }): void {
    this.#untaken += message.bytes.length;
    this.#worker.postMessage({ type: "chunk", ...message } satisfies ToWorker, [message.bytes.buffer]);
  }

  /** The next chunk; undefined where the task fails while it is awaited. */
  #next(source: AsyncIterator<Uint8Array | Piece>): Promise<IteratorResult<Uint8Array | Piece> | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      source.next().then(resolve, reject);
    });
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve;
      this.#wake = resolve;
    });
  }

  #taken({ bytes, buffer, isPiece }: Extract<FromWorker, { type: "taken" }>): void {
    if (isPiece) this.#recycle(buffer);
    else this.#carriers.push(buffer);
    this.#untaken -= bytes;
    if (this.#untaken <= MOST_UNTAKEN) this.#onRoom();
  }
}

function here<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw describeSystemError(error, "working on a layer");
  }
}

async function streamHere(
  task: StreamTask,
  source: Source,
  { signal, recycle }: StreamOptions & { readonly recycle: (buffer: ArrayBuffer) => void },
): Promise<TaskResult> {
  let run: StreamRun | undefined;
  try {
    run = openStream(task);
    for await (const chunk of source) {
      throwIfAborted(signal);
      if (chunk instanceof Uint8Array) run.push(asBuffer(chunk));
      else {
        run.push(asBuffer(chunk.bytes), chunk.digests);
        recycle(chunk.bytes.buffer);
      }
    }
    return run.finish();
  } catch (error) {
    run?.abandon();
    throw describeSystemError(error, "working on a layer");
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Beside this module in a bundle; in dist/ where this module is a source file. */
function workerFile(): URL | undefined {
  const here = import.meta.url;
  const file = new URL(here.endsWith(".ts") ? "../../dist/worker.js" : "./worker.js", here);
  return existsSync(fileURLToPath(file)) ? file : undefined;
}
