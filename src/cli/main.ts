import { homedir } from "node:os";
import { readEnvironment } from "../api/environment.ts";
import { type CliContext, EXIT } from "./cli-context.ts";
import { runProgram } from "./program.ts";

/** The only reader of environment, home folder and terminal; the only place that ends the process. */
export async function main(): Promise<void> {
  const controller = new AbortController();
  let interrupted: number | undefined;
  const onSignal = (code: number) => () => {
    // A second Ctrl-C does not wait for the tidying up of the first.
    if (interrupted !== undefined) process.exit(code);
    interrupted = code;
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", onSignal(EXIT.interrupted));
  process.on("SIGTERM", onSignal(EXIT.terminated));
  process.on("SIGHUP", onSignal(129));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
  const context: CliContext = {
    environment: readEnvironment(process.env, {
      uid: process.getuid?.() ?? 1,
      homeDirectory: homedir(),
      cwd: process.cwd(),
    }),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: controller.signal,
  };
  const code = await runProgram(process.argv.slice(2), context);
  process.exitCode = interrupted ?? code;
  await flushed(process.stdout);
  // Keep-alive connections and idle workers must not hold the command back.
  process.exit();
}

/** `slipway images | head` closes our output early; that is no error of ours. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    stream.write("", () => done());
  });
}
