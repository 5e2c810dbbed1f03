import { writeFileSync } from "node:fs";
import { checkNetwork } from "../container/network/network-mode.ts";
import type { SupervisedEnd } from "../container/supervise.ts";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import type { Moment } from "../preflight/contract-at.ts";
import type { ProcessStreams } from "../runtime/process-streams.ts";
import { joinPassingArgv } from "../sys/user-namespace.ts";
import { type CreateContainerOptions, createContainer } from "./create-container.ts";
import type { Environment } from "./environment.ts";
import { requirePreflight } from "./preflight.ts";
import { orRemove, removeCreated, removePassed } from "./remove-container.ts";
import { requireContainers } from "./require-containers.ts";
import { inSharedNamespace } from "./shared-namespace.ts";
import { startMonitor } from "./start-monitor.ts";
import { superviseHere } from "./supervise-here.ts";
import { inUserNamespace } from "./user-namespace.ts";

export interface RunContainerOptions extends CreateContainerOptions {
  /** This process's own streams as objects. Without them the container gets the descriptors themselves. */
  readonly streams?: ProcessStreams;
  /** A file that must not be there yet, for the container's id. */
  readonly idFile?: string;
  /** Told what of this the machine does not let us do, and why a container was killed. */
  readonly onWarning?: (message: string) => void;
  /** Told how signals can be passed on, once the process runs. */
  readonly onStarted?: (kill: (signal: NodeJS.Signals) => void) => void;
}

export interface RunOutcome extends SupervisedEnd {
  readonly id: string;
}

/**
 * Runs an image's command in the foreground with this process's own streams: 126 and 127 where the command cannot be executed or
 * found, 128 + n where signal n ended it. An ordinary user's container runs in a user namespace. The container is kept, unless
 * `autoRemove` says otherwise.
 */
export async function run(options: RunContainerOptions, environment: Environment): Promise<RunOutcome> {
  const id = await makeContainer(options, "start", environment);
  const { onStarted, onWarning, signal, streams } = options;
  const told = {
    ...(onStarted ? { onStarted } : {}),
    ...(signal ? { signal } : {}),
  };
  if (environment.uid === 0) {
    const supervision = {
      ...told,
      ...(streams ? { streams } : {}),
      ...(onWarning ? { onWarning } : {}),
    };
    return { id, ...(await superviseHere(id, supervision, environment)) };
  }
  const end = await orRemove(id, environment, () =>
    inSharedNamespace(id, environment, (namespaceOf) =>
      inUserNamespace({
        operation: "run",
        options: { id },
        environment,
        interactive: true,
        ...(namespaceOf === undefined ? {} : { enter: (argv) => joinPassingArgv(namespaceOf, argv) }),
        onEvent: (event) => event.type === "warning" && onWarning?.(event.message),
        ...told,
      }),
    ),
  );
  return { id, ...(end as SupervisedEnd) };
}

/**
 * Starts a container that goes on when this process ends. Gives its id once its command runs, and 126 or 127 with the reason where that
 * could not be executed or found.
 */
export async function runDetached(
  options: RunContainerOptions,
  environment: Environment,
): Promise<{ readonly id: string } & Partial<SupervisedEnd>> {
  const id = await makeContainer(options, "start", environment);
  const start = () => startMonitor(id, options.onWarning ?? (() => {}), environment);
  const end = await orRemove(id, environment, start);
  return { id, ...end };
}

/**
 * Makes a container that `startContainer` starts, and gives its id. What of its image's contract can be told already has to hold. Throws as
 * `createContainer`, `PREFLIGHT_FAILED`, `RUNTIME_UNAVAILABLE`.
 */
export async function create(options: RunContainerOptions, environment: Environment): Promise<string> {
  return makeContainer(options, "created", environment);
}

/** Makes a container and gives its id, also to a file where asked for. What its image presumes is checked before that. */
async function makeContainer(
  options: RunContainerOptions,
  moment: Moment,
  environment: Environment,
): Promise<string> {
  const { streams: _s, idFile, onWarning: _w, onStarted: _o, ...plain } = options;
  requireContainers(environment);
  // Best effort: what a monitor that was killed should have removed is in nobody's way.
  await removePassed(environment).catch(() => {});
  for (const warning of checkNetwork(plain)) options.onWarning?.(warning);
  const check = () => requirePreflight({ ...options, pull: "never", moment }, environment, options.onWarning);
  const { record } = await createContainer(
    plain,
    environment,
    options.preflight === false ? undefined : check,
  );
  if (idFile !== undefined) {
    try {
      writeFileSync(idFile, record.id, { flag: "wx" });
    } catch (error) {
      await removeCreated(record.id, environment);
      throw idFileError(error, idFile);
    }
  }
  return record.id;
}

function idFileError(cause: unknown, path: string): SlipwayError<"USAGE"> {
  if (systemErrorCode(cause) === "EEXIST")
    return new SlipwayError("USAGE", `container ID file found: ${path}`, {
      cause,
      hint: "make sure the other container is not running, or delete the file",
    });
  return new SlipwayError(
    "USAGE",
    `cannot write the container ID file ${path}: ${(cause as Error).message}`,
    {
      cause,
    },
  );
}
