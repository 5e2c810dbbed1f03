import { type MessagePort, parentPort } from "node:worker_threads";
import { openStream, runBatch, type StreamRun, type TaskResult } from "./tasks.ts";
import { packError } from "./thread-errors.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";

/** The other end of `WorkerPool`: plain synchronous loops on a thread of their own (DESIGN decision 13). */
class TaskServer {
  readonly #port: MessagePort;
  #stream: StreamRun | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", (message: ToWorker) => {
      try {
        this.#handle(message);
      } catch (error) {
        this.#stream?.abandon();
        this.#stream = undefined;
        this.#answer({ type: "failed", error: packError(error) });
      }
    });
  }

  #handle(message: ToWorker): void {
    switch (message.type) {
      case "batch":
        return this.#answer({ type: "done", result: runBatch(message.task) });
      case "open":
        this.#stream = openStream(message.task);
        return;
      case "chunk":
        // After a failure the rest of the archive may still be on its way.
        this.#stream?.push(asBuffer(message.bytes), message.digests);
        return this.#giveBack(message);
      case "finish": {
        const result = this.#stream?.finish();
        this.#stream = undefined;
        if (result) this.#finish(result);
        return;
      }
      default:
        message satisfies never;
    }
  }

  /** Memory that is used again need not be mapped again. */
  #giveBack({ bytes, digests }: Extract<ToWorker, { type: "chunk" }>): void {
    const buffer = bytes.buffer as ArrayBuffer;
    const isPiece = digests !== undefined;
    const taken: FromWorker = { type: "taken", bytes: bytes.length, buffer, isPiece };
    this.#port.postMessage(taken, [buffer]);
  }

  /** A table of contents that has its memory for itself is moved. */
  #finish(result: TaskResult): void {
    const { buffer, length } = result.toc;
    const moved = length === buffer.byteLength ? [buffer as ArrayBuffer] : [];
    this.#port.postMessage({ type: "done", result } satisfies FromWorker, moved);
  }

  #answer(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

if (parentPort) new TaskServer(parentPort);
