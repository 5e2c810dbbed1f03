import type { CleanupScope } from "../core/cleanup-scope.ts";
import type { Channel } from "../sys/process.ts";
import { type OnOutput, openOutput } from "./container-output.ts";
import { type ProcessStreams, relayStreams } from "./process-streams.ts";
import { relayTerminal } from "./terminal-relay.ts";

export interface StreamOptions {
  /** With `interactive` and `streams`: sees everything that is passed on. */
  readonly onOutput?: OnOutput;
  /** Our own streams are the process's. */
  readonly interactive?: boolean;
  /** With `interactive`: whether standard input is among them. */
  readonly stdin?: "ignore" | "inherit";
  readonly streams?: ProcessStreams;
}

export interface TerminalPlace {
  /** The process gets a terminal. */
  readonly terminal: boolean;
  /** Where the runtime hands it over; without this it copies by itself. */
  readonly consoleSocket: string | undefined;
}

/** Where a container's standard streams lead. */
export interface ContainerStreams {
  readonly stdio: readonly [Channel, Channel, Channel];
  /** Closes our copies once the child has its own. */
  childStarted(): void;
  /** Call once the container has ended: resolves when all that it wrote has arrived; rejects with what `onOutput` threw. */
  finish(): Promise<void>;
  /** The last bytes of standard error, where it is read here and not passed on. */
  complaints(): string;
}

/** Chooses between reading the output, a terminal, and our own streams. Throws `RUNTIME_UNAVAILABLE`. */
export function connectStreams(
  options: StreamOptions,
  place: TerminalPlace,
  scope: CleanupScope,
): ContainerStreams {
  if (!options.interactive) return readStreams(options.onOutput, scope);
  const { streams, onOutput } = options;
  const readsInput = options.stdin === "inherit";
  if (streams && place.consoleSocket !== undefined) {
    const relay = relayTerminal({ socketPath: place.consoleSocket, streams, readsInput, onOutput }, scope);
    return { ...QUIET, stdio: ["ignore", "inherit", "inherit"], finish: relay.finish };
  }
  if (streams && !place.terminal)
    return { ...QUIET, ...relayStreams(streams, { readsInput, onOutput }, scope) };
  return { ...QUIET, stdio: [readsInput ? "inherit" : "ignore", "inherit", "inherit"] };
}

const QUIET = { childStarted: () => {}, finish: async () => {}, complaints: () => "" };

function readStreams(onOutput: OnOutput | undefined, scope: CleanupScope): ContainerStreams {
  const output = openOutput(onOutput, scope);
  const { childStarted, complaints } = output;
  return {
    stdio: ["ignore", ...output.descriptors],
    childStarted,
    complaints,
    finish: () => output.finished,
  };
}
