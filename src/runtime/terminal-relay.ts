import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { openConsoleSocket } from "../sys/console-socket.ts";
import { copyWindowSize, makeRaw } from "../sys/terminal.ts";
import type { OnOutput } from "./container-output.ts";
import type { ProcessStreams } from "./process-streams.ts";

/** A container's terminal, connected with our own streams. */
export interface TerminalRelay {
  /** Call once the container has ended: resolves when all that it wrote is on standard output. */
  finish(): Promise<void>;
}

export interface RelayOptions {
  /** Where the runtime hands over the terminal. */
  readonly socketPath: string;
  /** Ours, whose terminal is the one that the container's terminal is shown on. */
  readonly streams: ProcessStreams;
  /** What is typed goes to the container. */
  readonly readsInput: boolean;
  /** Sees all that the container writes; a terminal has one stream. */
  readonly onOutput?: OnOutput | undefined;
}

const LOOK_EVERY_MS = 2;
const STDIN_FD = 0;

/**
 * Waits for the runtime to hand over the container's terminal and connects it with standard output and, where asked, with
 * standard input, which is raw meanwhile: what is typed, Ctrl-C included, is the container's to interpret. Throws
 * `RUNTIME_UNAVAILABLE`.
 *
 * crun can copy by itself, but what it has not copied when the process ends goes to its log.
 */
export function relayTerminal(options: RelayOptions, scope: CleanupScope): TerminalRelay {
  const socket = openConsoleSocket(options.socketPath);
  if (!socket) throw new SlipwayError("RUNTIME_UNAVAILABLE", "a terminal cannot be made on this machine");
  scope.defer(() => socket.close());
  let ended: Promise<void> | undefined;
  const look = (): void => {
    const master = ended ? undefined : socket.receive();
    if (master !== undefined) {
      ended = connect(master, options, scope);
      // Looked at only once the container has ended.
      ended.catch(() => {});
    }
    if (ended) clearInterval(timer);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  scope.defer(() => clearInterval(timer));
  return {
    finish: async () => {
      look();
      await ended;
    },
  };
}

/**
 * Resolves when the other side is closed and everything has been read. The terminal is read as a file: a stream of Node's
 * for terminals ends at the hangup, with what is still to be read.
 */
async function connect(
  master: number,
  { streams, readsInput, onOutput }: RelayOptions,
  scope: CleanupScope,
): Promise<void> {
  const resize = (): void => copyWindowSize(STDIN_FD, master);
  resize();
  process.on("SIGWINCH", resize);
  scope.defer(() => void process.off("SIGWINCH", resize));
  if (readsInput) scope.defer(feed(master, streams.stdin));
  try {
    for await (const chunk of createReadStream("", { fd: master })) {
      onOutput?.("stdout", chunk);
      if (!streams.stdout.write(chunk)) await once(streams.stdout, "drain");
    }
  } catch (error) {
    // The last process that had the terminal open is gone.
    if (systemErrorCode(error) !== "EIO") throw error;
  }
}

/** Gives the function that leaves standard input as it was. */
function feed(master: number, stdin: Readable): () => void {
  const input = createWriteStream("", { fd: master, autoClose: false });
  // EIO: nobody is there any more to whom it would matter.
  input.on("error", () => {});
  const pass = (chunk: Buffer): void => void input.write(chunk);
  const restore = makeRaw(STDIN_FD);
  stdin.on("data", pass);
  stdin.resume();
  return () => {
    stdin.off("data", pass);
    stdin.pause();
    restore();
  };
}
