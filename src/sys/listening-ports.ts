import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A TCP socket that takes connections. */
export interface ListeningSocket {
  readonly port: number;
  /** Nobody outside of its network namespace can reach it. */
  readonly isLoopback: boolean;
  readonly inode: string;
}

const LISTEN = "0A";
/** 127.0.0.0/8, ::1 and 127.0.0.0/8 in IPv6, in the byte order that the kernel prints on little-endian machines. */
const LOOPBACK = [/^[0-9A-F]{6}7F$/, /^0{24}01000000$/, /^0{16}FFFF0000[0-9A-F]{6}7F$/];

/** Sockets that listen in the network namespace of a process (proc(5), /proc/pid/net/tcp); empty where it is gone. */
export function listeningSockets(pid: number): readonly ListeningSocket[] {
  return ["tcp", "tcp6"].flatMap((table) => {
    const lines = readIfThere(`/proc/${pid}/net/${table}`).split("\n").slice(1);
    return lines.flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      if (state !== LISTEN) return [];
      const isLoopback = LOOPBACK.some((pattern) => pattern.test(address));
      return [{ port: Number.parseInt(port, 16), isLoopback, inode }];
    });
  });
}

/** Inodes of the sockets that a process has open. */
export function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      return /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    });
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
