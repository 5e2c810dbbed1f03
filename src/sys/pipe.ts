import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
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
  const fds = new Int32Array(2);
  const pipe2 = nativeFunction("pipe2", "int", ["void *", "int"]);
  if (pipe2?.(fds, O_CLOEXEC) !== 0) return undefined;
  const [readFd, writeFd] = fds as unknown as [number, number];
  const readable = new Socket({ fd: readFd, readable: true, writable: false });
  let open = true;
  return {
    readable,
    writeFd,
    closeWriteEnd: () => {
      if (open) closeSync(writeFd);
      open = false;
    },
  };
}
