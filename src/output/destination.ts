import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, rmSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { describeSystemError, SlipwayError } from "../core/errors.ts";

/** Takes bytes and waits while the other side is slow. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}

export interface Destination {
  /** Runs `produce`; a file appears whole under its name, or not at all. */
  write(produce: (sink: ByteSink) => Promise<void>): Promise<void>;
}

export interface DestinationOptions {
  readonly cwd: string;
  readonly stdout?: NodeJS.WritableStream;
}

/** Opens `-` (the stream that the caller gave as standard output) or a file. Throws `OUTPUT_INVALID`. */
export async function openDestination(
  dest: string,
  { cwd, stdout }: DestinationOptions,
): Promise<Destination> {
  if (dest !== "-") return fileDestination(resolve(cwd, dest));
  if (!stdout) throw new SlipwayError("OUTPUT_INVALID", "there is no standard output to write the result to");
  if ((stdout as { isTTY?: boolean }).isTTY)
    throw new SlipwayError("OUTPUT_INVALID", "refusing to write an archive to a terminal", {
      hint: "redirect standard output, or give dest=FILE",
    });
  return { write: (produce) => produce(sinkOf(stdout)) };
}

function fileDestination(path: string): Destination {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new SlipwayError("OUTPUT_INVALID", `the destination ${path} is a folder`, {
      hint: "give the name of a file",
    });
  return {
    async write(produce) {
      const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
      try {
        const stream = createWriteStream(temporary, { flags: "wx", highWaterMark: 1 << 20 });
        await once(stream, "open");
        await produce(sinkOf(stream));
        await new Promise<void>((done, failed) => stream.once("error", failed).end(done));
        await rename(temporary, path);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw outputError(error, path);
      }
    },
  };
}

/** Errors of the file system at a destination, with a code and a remedy. */
export function outputError(error: unknown, path: string): unknown {
  const described = describeSystemError(error, `writing ${path}`);
  if (described instanceof SlipwayError || (described as NodeJS.ErrnoException).code === undefined)
    return described;
  return new SlipwayError("OUTPUT_INVALID", `cannot write ${path}: ${(error as Error).message}`, {
    cause: error,
    hint: `check that the folder ${dirname(path)} exists`,
  });
}

function sinkOf(stream: NodeJS.WritableStream): ByteSink {
  let failure: unknown;
  let wake: (() => void) | undefined;
  const resume = () => wake?.();
  stream.on("drain", resume);
  stream.on("close", resume);
  stream.on("error", (error) => {
    failure = error;
    resume();
  });
  return {
    async write(chunk) {
      if (failure) throw failure;
      if (stream.write(chunk)) return;
      await new Promise<void>((drained) => {
        wake = drained;
      });
      wake = undefined;
      if (failure) throw failure;
    },
  };
}
