import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { cancelled, throwIfAborted } from "../core/cleanup-scope.ts";
import { describeSystemError, SlipwayError } from "../core/errors.ts";
import type { PackedLayer } from "./packed-layer.ts";
import { type BatchTask, openStream, runBatch, type StreamTask } from "./tasks.ts";
import { unpackError } from "./thread-errors.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";

/** Bytes of an archive that may be under way to a thread. */
const MOST_UNTAKEN = 8 * 1024 * 1024;

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
  async batch(task: BatchTask, signal?: AbortSignal): Promise<PackedLayer> {
    throwIfAborted(signal);
    const file = this.#file();
    if (!file) return here(() => runBatch(task));
    return this.#lease(file, signal, (conversation) => conversation.ask({ type: "batch", task }));
  }

  /** Feeds `archive` to the task. Throws what the archive or the task throws, and `CANCELLED`. */
  async stream<T extends PackedLayer>(
    task: StreamTask,
    archive: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<T> {
    throwIfAborted(signal);
    const file = this.#file();
    const result = file
      ? await this.#lease(file, signal, (conversation) => conversation.feed(task, archive))
      : await streamHere(task, archive, signal);
    return result as T;
  }

  async #lease(
    file: URL,
    signal: AbortSignal | undefined,
    use: (conversation: Conversation) => Promise<PackedLayer>,
  ): Promise<PackedLayer> {
    await this.#turn(signal);
    const worker = this.#idle.pop() ?? this.#start(file);
    worker.ref();
    const conversation = new Conversation(worker, signal);
    try {
      const result = await use(conversation);
      conversation.close();
      worker.unref();
      this.#idle.push(worker);
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
    const worker = new Worker(file, { name: "layers" });
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
  readonly #outcome: Promise<PackedLayer>;
  #untaken = 0;
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
        else this.#taken(message.bytes);
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

  ask(message: ToWorker): Promise<PackedLayer> {
    this.#worker.postMessage(message);
    return this.#outcome;
  }

  async feed(task: StreamTask, archive: AsyncIterable<Uint8Array>): Promise<PackedLayer> {
    this.#worker.postMessage({ type: "open", task } satisfies ToWorker);
    const source = archive[Symbol.asyncIterator]();
    while (!this.#hasFailed) {
      const next = await this.#next(source);
      if (next?.done) return this.ask({ type: "finish" });
      if (next) this.#send(next.value);
      while (this.#untaken > MOST_UNTAKEN && !this.#hasFailed) await this.#room();
    }
    // Not awaited: a source that waits for the network may never answer.
    void source.return?.().catch(() => {});
    return this.#outcome;
  }

  close(): void {
    this.#stop();
  }

  /** Copied and moved: posting a part of a buffer would copy all of the memory behind it. */
  #send(chunk: Uint8Array): void {
    const bytes = new Uint8Array(chunk);
    this.#untaken += bytes.length;
    this.#worker.postMessage({ type: "chunk", bytes } satisfies ToWorker, [bytes.buffer]);
  }

  /** The next chunk; undefined where the task fails while it is awaited. */
  #next(source: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array> | undefined> {
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

  #taken(bytes: number): void {
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
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<PackedLayer> {
  const run = openStream(task);
  try {
    for await (const chunk of archive) {
      throwIfAborted(signal);
      run.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    }
    return run.finish();
  } catch (error) {
    run.abandon();
    throw describeSystemError(error, "working on a layer");
  }
}

/** Beside this module in a bundle; in dist/ where this module is a source file. */
function workerFile(): URL | undefined {
  const here = import.meta.url;
  const file = new URL(here.endsWith(".ts") ? "../../dist/worker.js" : "./worker.js", here);
  return existsSync(fileURLToPath(file)) ? file : undefined;
}
