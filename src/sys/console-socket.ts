import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";

/** A socket on which an OCI runtime hands over the master side of a container's terminal (runc's docs/terminals.md). */
export interface ConsoleSocket {
  /** The descriptor, once it has arrived; never waits. The caller closes it. */
  receive(): number | undefined;
  close(): void;
}

type NativeFunction = (...parameters: readonly unknown[]) => number;

interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: readonly unknown[]): NativeFunction };
  struct(members: Readonly<Record<string, unknown>>): unknown;
  pointer(type: unknown): unknown;
  inout(type: unknown): unknown;
}

interface SocketCalls {
  readonly socket: NativeFunction;
  readonly bind: NativeFunction;
  readonly listen: NativeFunction;
  readonly accept: NativeFunction;
  readonly receive: NativeFunction;
}

const AF_UNIX = 1;
/** SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC */
const STREAM = 1 | 0o4000 | 0o2000000;
/** SOCK_NONBLOCK | SOCK_CLOEXEC of accept4(2) */
const ACCEPTED = 0o4000 | 0o2000000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const ADDRESS_BYTES = 110;
/** A control message of one descriptor (cmsg(3)): length, level, type, descriptor. */
const CONTROL_BYTES = 24;

/** Listens at `path`, or gives undefined where koffi cannot be loaded or the socket cannot be made. */
export function openConsoleSocket(path: string): ConsoleSocket | undefined {
  const calls = load();
  const listening = calls && listenAt(calls, path);
  if (!calls || listening === undefined) return undefined;
  let connection: number | undefined;
  return {
    receive: () => {
      if (connection === undefined) {
        const accepted = calls.accept(listening, null, null, ACCEPTED);
        if (accepted < 0) return undefined;
        connection = accepted;
      }
      return receiveDescriptor(calls, connection);
    },
    close: () => {
      closeSync(listening);
      if (connection !== undefined) closeSync(connection);
      connection = undefined;
    },
  };
}

function load(): SocketCalls | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const libc = koffi.load(null);
    const iovec = koffi.struct({ base: "void *", length: "size_t" });
    const message = koffi.struct({
      ...{ name: "void *", nameLength: "uint32_t", vectors: koffi.pointer(iovec), vectorCount: "size_t" },
      ...{ control: "void *", controlLength: "size_t", flags: "int" },
    });
    return {
      socket: libc.func("socket", "int", ["int", "int", "int"]),
      bind: libc.func("bind", "int", ["int", "void *", "uint32_t"]),
      listen: libc.func("listen", "int", ["int", "int"]),
      accept: libc.func("accept4", "int", ["int", "void *", "void *", "int"]),
      receive: libc.func("recvmsg", "intptr_t", ["int", koffi.inout(koffi.pointer(message)), "int"]),
    };
  } catch {
    return undefined;
  }
}

/** An address holds 107 bytes, so the folder is named by a descriptor. */
function listenAt(calls: SocketCalls, path: string): number | undefined {
  const folder = openSync(dirname(path), "r");
  try {
    const descriptor = calls.socket(AF_UNIX, STREAM, 0);
    if (descriptor < 0) return undefined;
    const address = Buffer.alloc(ADDRESS_BYTES);
    address.writeUInt16LE(AF_UNIX, 0);
    address.write(`/proc/self/fd/${folder}/${basename(path)}`, 2);
    if (calls.bind(descriptor, address, ADDRESS_BYTES) === 0 && calls.listen(descriptor, 1) === 0)
      return descriptor;
    closeSync(descriptor);
    return undefined;
  } finally {
    closeSync(folder);
  }
}

function receiveDescriptor(calls: SocketCalls, connection: number): number | undefined {
  const data = Buffer.alloc(4096);
  const control = Buffer.alloc(CONTROL_BYTES);
  const message = {
    ...{ name: null, nameLength: 0, vectors: [{ base: data, length: data.length }], vectorCount: 1 },
    ...{ control, controlLength: CONTROL_BYTES, flags: 0 },
  };
  if (calls.receive(connection, message, MSG_CMSG_CLOEXEC) < 0 || message.controlLength < 20)
    return undefined;
  return control.readInt32LE(16);
}
