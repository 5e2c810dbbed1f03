import { homedir } from "node:os";
import { type Environment, readEnvironment } from "../api/environment.ts";
import { workingDirectory } from "../api/working-directory.ts";
import { type CliContext, EXIT } from "./cli-context.ts";
import { OutputStreams } from "./output-streams.ts";
import { runProgram } from "./program.ts";
import { reportError } from "./report-error.ts";

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
  const streams = new OutputStreams(process);
  let environment: Environment | undefined;
  const context: CliContext = {
    // Read when a command asks: help and version do not need a working directory that exists.
    get environment() {
      environment ??= readEnvironment(process.env, {
        uid: process.getuid?.() ?? 1,
        homeDirectory: homedir(),
        cwd: workingDirectory(),
      });
      return environment;
    },
    // Opened only where a command reads it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signal: controller.signal,
  };
  const code = await runProgram(process.argv.slice(2), context);
  const lost = await streams.finish();
  // A command that failed has said why.
  const ended = lost && code === EXIT.ok ? reportError(context, lost) : code;
  process.exitCode = interrupted ?? ended;
  await streams.flushErrors();
  // Keep-alive connections and idle workers must not hold the command back.
  process.exit();
}
