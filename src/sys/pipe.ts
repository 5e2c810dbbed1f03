import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { nativeFunction } from "./native-function.ts";

/** A pipe of the kernel: what is written to the descriptor comes out of the stream, which ends once every copy of the descriptor is closed. */
export interface Pipe {
  readonly readable: Readable;
  /** Close-on-exec; handed to a child by number in its `stdio`. */
  readonly writeFd: number;
  /** Closes our copy of `writeFd`; later calls do nothing. */
  closeWriteEnd(): void;
}

const O_CLOEXEC = 0o2000000;

/**
 * Makes a pipe, or gives undefined where koffi cannot be loaded. Node's own "pipe" is a socket, and opening `/dev/stdout` or
 * `/dev/stderr` fails with ENXIO where that is a socket; programs in containers do that all the time.
 */
export function openPipe(): Pipe | undefined {
  const ends = pipeEnds();
  if (!ends) return undefined;
  const [readFd, writeFd] = ends;
  const readable = new Socket({ fd: readFd, readable: true, writable: false });
  return { readable, writeFd, closeWriteEnd: closeOnce(writeFd) };
}

/** The same the other way round: what is written to the stream can be read from the descriptor. */
export interface InputPipe {
  readonly writable: Writable;
  /** Close-on-exec; handed to a child by number in its `stdio`. */
  readonly readFd: number;
  /** Closes our copy of `readFd`; later calls do nothing. */
  closeReadEnd(): void;
}

/** As `openPipe`, for what a child reads. */
export function openInputPipe(): InputPipe | undefined {
  const ends = pipeEnds();
  if (!ends) return undefined;
  const [readFd, writeFd] = ends;
  const writable = new Socket({ fd: writeFd, readable: false, writable: true });
  return { writable, readFd, closeReadEnd: closeOnce(readFd) };
}

function pipeEnds(): readonly [number, number] | undefined {
  const fds = new Int32Array(2);
  const pipe2 = nativeFunction("pipe2", "int", ["void *", "int"]);
  return pipe2?.(fds, O_CLOEXEC) === 0 ? [fds[0]!, fds[1]!] : undefined;
}

function closeOnce(fd: number): () => void {
  let open = true;
  return () => {
    if (open) closeSync(fd);
    open = false;
  };
}
