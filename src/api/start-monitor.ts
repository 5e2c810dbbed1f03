import { join } from "node:path";
import { ContainerFolder } from "../container/container-record.ts";
import { openMonitorLog } from "../container/monitor-log.ts";
import type { SupervisedEnd } from "../container/supervise.ts";
import { SlipwayError } from "../core/errors.ts";
import { StorePaths } from "../store/paths.ts";
import { closeOnExec } from "../sys/close-on-exec.ts";
import { spawnProcess } from "../sys/process.ts";
import { joinArgv, outlivingArgv } from "../sys/user-namespace.ts";
import type { Environment } from "./environment.ts";
import { FrameReader } from "./message-frames.ts";
import { reviveError } from "./plain-error.ts";
import { inSharedNamespace } from "./shared-namespace.ts";
import { type NamespaceMessage, programEntry, requirePipe, requireUserNamespace } from "./user-namespace.ts";

/** It waits for days, beside many others: little room for new objects, and one thread for V8. */
const LITTLE = ["--max-semi-space-size=1", "--v8-pool-size=1"];

/**
 * Starts the process that looks after a container, in a session of its own, and waits until the command runs: undefined then, the end
 * where the command could not be executed or found. Throws what the start met, in the words of the process that met it.
 */
export function startMonitor(
  id: string,
  onWarning: (message: string) => void,
  environment: Environment,
): Promise<SupervisedEnd | undefined> {
  return inSharedNamespace(id, environment, (namespaceOf) => {
    const argv = [process.execPath, ...LITTLE, programEntry("monitor"), id];
    const enter =
      namespaceOf === undefined ? outlivingArgv : (words: string[]) => joinArgv(namespaceOf, words);
    return start(id, environment.uid === 0 ? argv : enter(argv), { onWarning, environment });
  });
}

interface StartOptions {
  readonly onWarning: (message: string) => void;
  readonly environment: Environment;
}

async function start(
  id: string,
  argv: readonly string[],
  { onWarning, environment }: StartOptions,
): Promise<SupervisedEnd | undefined> {
  if (environment.uid !== 0) await requireUserNamespace(environment);
  const { monitorLog } = new ContainerFolder(join(new StorePaths(environment.home).containers, id));
  const log = openMonitorLog(monitorLog);
  const answers = requirePipe();
  try {
    closeOnExec();
    const monitor = spawnProcess(argv, {
      cwd: "/",
      // Inside a user namespace the default home would be root's.
      env: { ...environment.variables, PATH: environment.path, SLIPWAY_HOME: environment.home },
      stdio: ["ignore", log.fd, log.fd, answers.writeFd],
      detached: true,
    });
    monitor.unref();
    answers.closeWriteEnd();
    const outcome = await firstResult(answers.readable, onWarning);
    if (outcome?.kind === "result") return outcome.value as SupervisedEnd | undefined;
    if (outcome?.kind === "error") throw reviveError(outcome.error);
    throw died(log.saidSince());
  } finally {
    answers.closeWriteEnd();
    answers.readable.destroy();
    log.close();
  }
}

/** Undefined where it ended before it said anything. */
function firstResult(
  readable: NodeJS.ReadableStream,
  onWarning: (message: string) => void,
): Promise<NamespaceMessage | undefined> {
  return new Promise((resolve) => {
    const reader = new FrameReader((value) => {
      const message = value as NamespaceMessage;
      if (message.kind !== "event") resolve(message);
      else if (message.event.type === "warning") onWarning(message.event.message);
    });
    readable.on("data", (chunk: Buffer) => reader.add(chunk));
    readable.once("close", () => resolve(undefined));
  });
}

function died(said: string): SlipwayError<"RUNTIME_FAILED"> {
  const text = said.trim().split("\n").slice(-5).join("; ");
  return new SlipwayError("RUNTIME_FAILED", `the container's monitor could not be started: ${text}`, {
    hint: "`slipway doctor` says what is missing",
  });
}
