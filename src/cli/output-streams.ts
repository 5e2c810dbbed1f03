import { setImmediate as turn } from "node:timers/promises";
import { systemErrorCode } from "../core/errors.ts";
import { stdoutError } from "../output/stdout-error.ts";

type Stream = Pick<NodeJS.WriteStream, "on" | "write">;

/**
 * Watches the streams of the process, whose errors would end it. What standard error cannot take is lost, and the work goes on: a
 * build does not depend on its progress. A failure of standard output is kept, to be told at the end.
 */
export class OutputStreams {
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  #failure: unknown;

  constructor({ stdout, stderr }: { readonly stdout: Stream; readonly stderr: Stream }) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    stderr.on("error", () => {});
    stdout.on("error", (error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Waits until standard output has taken everything; gives what kept it from that. */
  async finish(): Promise<unknown> {
    await flushed(this.#stdout);
    // The event comes after the callback.
    await turn();
    // `slipway images | head` closes our output early; that is no error of ours.
    return systemErrorCode(this.#failure) === "EPIPE" ? undefined : stdoutError(this.#failure);
  }

  /** Waits until standard error has taken everything, or never will: its reader may be slower than we are. */
  async flushErrors(): Promise<void> {
    await flushed(this.#stderr);
  }
}

function flushed(stream: Stream): Promise<void> {
  return new Promise((done) => void stream.write("", () => done()));
}
