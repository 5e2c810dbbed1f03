import { fstatSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { openInputPipe, openPipe } from "../sys/pipe.ts";
import type { Channel } from "../sys/process.ts";
import type { OnOutput } from "./container-output.ts";

/** This process's own streams, those of descriptors 0, 1 and 2. */
export interface ProcessStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** A container's standard streams, connected with our own. */
export interface StreamRelay {
  readonly stdio: readonly [Channel, Channel, Channel];
  /** Closes our copies once the child has its own. */
  childStarted(): void;
  /** Resolves when all that the container wrote has been passed on. */
  finish(): Promise<void>;
}

export interface RelayChoices {
  readonly readsInput: boolean;
  /** Sees all that the container writes; then no stream is handed on as it is. */
  readonly onOutput?: OnOutput | undefined;
}

/**
 * Connects a container with our streams by pipes, as Docker does. It does not get the streams themselves, since runtimes give them to
 * the container's user, which would change the owner of a file that output goes to, and since programs open `/dev/stdout` by name,
 * which a socket refuses and which would write a file from its start. Streams that are pipes already, or `/dev/null`, are handed
 * on as they are.
 */
export function relayStreams(
  streams: ProcessStreams,
  { readsInput, onOutput }: RelayChoices,
  scope: CleanupScope,
): StreamRelay {
  const input = readsInput && !canBeShared(0) ? relayInput(streams.stdin, scope) : undefined;
  const relay = (fd: number, stream: "stdout" | "stderr") =>
    canBeShared(fd) && !onOutput
      ? undefined
      : relayOutput(streams[stream], (chunk) => onOutput?.(stream, chunk), scope);
  const [out, err] = [relay(1, "stdout"), relay(2, "stderr")];
  const relays = [input, out, err];
  return {
    stdio: [
      input?.channel ?? (readsInput ? "inherit" : "ignore"),
      out?.channel ?? "inherit",
      err?.channel ?? "inherit",
    ],
    childStarted: () => {
      for (const relay of relays) relay?.childStarted();
    },
    finish: async () => {
      await Promise.all([out?.finished, err?.finished]);
    },
  };
}

/** The device number of `/dev/null`: major 1, minor 3. */
const NULL_DEVICE = 0x103;

function canBeShared(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFIFO() || (stat.isCharacterDevice() && stat.rdev === NULL_DEVICE);
}

interface Relay {
  readonly channel: Channel;
  childStarted(): void;
  readonly finished: Promise<void>;
}

function relayOutput(
  destination: Writable,
  onChunk: (chunk: Buffer) => void,
  scope: CleanupScope,
): Relay | undefined {
  const pipe = openPipe();
  if (!pipe) return undefined;
  const { readable } = pipe;
  // Nobody listens any more: the container is told by the end of its pipe.
  const giveUp = (): void => void readable.destroy();
  destination.once("error", giveUp);
  const finished = new Promise<void>((resolve) => readable.once("close", () => resolve()));
  readable.on("data", onChunk);
  readable.pipe(destination, { end: false });
  scope.defer(() => {
    destination.off("error", giveUp);
    pipe.closeWriteEnd();
    readable.destroy();
  });
  return { channel: pipe.writeFd, childStarted: () => pipe.closeWriteEnd(), finished };
}

function relayInput(source: Readable, scope: CleanupScope): Relay | undefined {
  const pipe = openInputPipe();
  if (!pipe) return undefined;
  // EPIPE: the container has ended or closed its input.
  pipe.writable.on("error", () => source.unpipe(pipe.writable));
  source.pipe(pipe.writable);
  scope.defer(() => {
    source.unpipe(pipe.writable);
    source.pause();
    pipe.closeReadEnd();
    pipe.writable.destroy();
  });
  return { channel: pipe.readFd, childStarted: () => pipe.closeReadEnd(), finished: Promise.resolve() };
}
