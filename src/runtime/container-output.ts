import type { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { openPipe, type Pipe } from "../sys/pipe.ts";

export type OnOutput = (stream: "stdout" | "stderr", chunk: Buffer) => void;

/** The two pipes by which a container speaks. */
export interface ContainerOutput {
  /** Descriptors for the child, in order. */
  readonly descriptors: readonly [number, number];
  /** Closes our copies once the child has its own. */
  childStarted(): void;
  /** Resolves when both streams are at their end; rejects with what `onOutput` threw. */
  readonly finished: Promise<void>;
  /** The last bytes of standard error. */
  complaints(): string;
}

const KEPT = 2048;

/** Opens the pipes. Real ones: programs open /dev/stdout and /dev/stderr, which a socket refuses. Throws `RUNTIME_UNAVAILABLE`. */
export function openOutput(onOutput: OnOutput | undefined, scope: CleanupScope): ContainerOutput {
  let tail = Buffer.alloc(0);
  const stdout = open(scope);
  const stderr = open(scope);
  const ends = [
    reading(stdout, (chunk) => onOutput?.("stdout", chunk)),
    reading(stderr, (chunk) => {
      tail = Buffer.concat([tail, chunk]).subarray(-KEPT);
      onOutput?.("stderr", chunk);
    }),
  ];
  const finished = Promise.all(ends).then(() => {});
  // Looked at only once the process has ended.
  finished.catch(() => {});
  return {
    descriptors: [stdout.writeFd, stderr.writeFd],
    childStarted: () => {
      stdout.closeWriteEnd();
      stderr.closeWriteEnd();
    },
    finished,
    complaints: () => tail.toString("utf8"),
  };
}

function open(scope: CleanupScope): Pipe {
  const pipe = openPipe();
  if (!pipe) {
    throw new SlipwayError(
      "RUNTIME_UNAVAILABLE",
      "system calls cannot be made here: the koffi package has no build for this machine",
    );
  }
  scope.defer(() => {
    pipe.closeWriteEnd();
    pipe.readable.destroy();
  });
  return pipe;
}

/** What a callback throws ends nothing at once: the process must not block on a pipe that nobody reads. */
function reading({ readable }: Pipe, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    readable.on("data", (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        reject(error);
      }
    });
    readable.once("error", reject);
    readable.once("close", () => resolve());
  });
}
