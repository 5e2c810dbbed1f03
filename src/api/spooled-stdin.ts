import { createReadStream, createWriteStream, rmSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { type CleanupScope, cancelled } from "../core/cleanup-scope.ts";
import { describeSystemError } from "../core/errors.ts";
import type { BuildOptions } from "./build-options.ts";
import type { Environment } from "./environment.ts";
import { temporaryFiles } from "./user-namespace.ts";

/** Tells whether the build reads standard input. */
export function readsStdin({ context, file, dockerfile }: BuildOptions): boolean {
  return context === "-" || (file === "-" && dockerfile === undefined);
}

/** Puts standard input into a file: it can be read only once, and the build may have to start again inside the namespace. */
export async function spoolStdin(
  stdin: AsyncIterable<Uint8Array>,
  { home }: Environment,
  scope: CleanupScope,
  signal: AbortSignal | undefined,
): Promise<string> {
  const temp = temporaryFiles(home);
  const path = temp.file("stdin");
  scope.defer(() => {
    rmSync(path, { force: true });
    temp.close();
  });
  try {
    const target = createWriteStream(path, { mode: 0o600, flags: "wx" });
    await pipeline(stdin, target, signal ? { signal } : {});
  } catch (error) {
    throw signal?.aborted ? cancelled(signal) : describeSystemError(error, "keeping standard input");
  }
  return path;
}

/** Opens the file when it is first read from: a stream that nobody reads would fail once the file is gone. */
export async function* contentOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { highWaterMark: 1 << 20 });
}
