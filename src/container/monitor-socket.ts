import { closeSync, openSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { type ContainerFolder, MONITOR_SOCKET } from "./container-record.ts";

/** What a container's monitor can be asked. One JSON value per line, one answer to each. */
export type MonitorRequest =
  /**
   * Asks the container to end, and forces it after some seconds (-1: never); by default as its record says. Answered when it has ended. One
   * that removes itself at its end is left there with `keeps`, for whoever starts it again.
   */
  | { readonly kind: "stop"; readonly signal?: number; readonly timeout?: number; readonly keeps?: boolean }
  /** Answered when the signal was sent. */
  | { readonly kind: "signal"; readonly signal: number }
  /** Answered when the container is so. `healthy` is an error where it has ended or has no check. */
  | { readonly kind: "wait"; readonly condition: WaitCondition };

export type WaitCondition = "running" | "healthy" | "not-running" | "removed";

export type MonitorAnswer =
  | { readonly ok: true; readonly exitCode?: number }
  | { readonly ok: false; readonly message: string };

/** A line of more is no request of ours. */
const LONGEST_REQUEST = 64 * 1024;

/** Answers requests in a container's folder until closed. */
export async function serveMonitor(
  folder: ContainerFolder,
  answer: (request: MonitorRequest) => Promise<MonitorAnswer>,
): Promise<{ close(): void }> {
  const path = join(folder.path, MONITOR_SOCKET);
  const place = shortPath(folder);
  if (!place)
    throw new SlipwayError("CONTAINER_NOT_FOUND", "the container was removed while it was being started");
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Whoever asked has gone.
    socket.on("error", () => socket.destroy());
    eachLine(socket, (line) => void reply(socket, line, answer));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place.path, () => resolve());
  }).catch((error: unknown) => {
    place.release();
    throw describeSystemError(error, `listening on ${path}`);
  });
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.end();
      rmSync(path, { force: true });
      place.release();
    },
  };
}

async function reply(
  socket: Socket,
  line: string,
  answer: (request: MonitorRequest) => Promise<MonitorAnswer>,
): Promise<void> {
  let result: MonitorAnswer;
  try {
    result = await answer(JSON.parse(line) as MonitorRequest);
  } catch (error) {
    result = { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
  if (socket.writable) socket.write(`${JSON.stringify(result)}\n`);
}

/**
 * Asks the monitor of a container. Undefined where there is none, or where it went away before it answered. Throws
 * `CONTAINER_STATE` where it says no, `CANCELLED`.
 */
export async function askMonitor(
  folder: ContainerFolder,
  request: MonitorRequest,
  signal?: AbortSignal,
): Promise<Extract<MonitorAnswer, { ok: true }> | undefined> {
  const place = shortPath(folder);
  if (!place) return undefined;
  try {
    const line = await exchange(place.path, `${JSON.stringify(request)}\n`, signal);
    if (line === undefined) return undefined;
    const answer = JSON.parse(line) as MonitorAnswer;
    if (answer.ok) return answer;
    throw new SlipwayError("CONTAINER_STATE", answer.message);
  } finally {
    place.release();
  }
}

function exchange(path: string, text: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const end = (line: string | undefined): void => {
      signal?.removeEventListener("abort", give);
      socket.destroy();
      resolve(line);
    };
    const give = (): void => end(undefined);
    signal?.addEventListener("abort", give, { once: true });
    socket.on("error", give);
    socket.on("close", give);
    eachLine(socket, end);
    socket.write(text);
  });
}

function eachLine(socket: Socket, take: (line: string) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_REQUEST) socket.destroy();
    for (const line of lines) take(line);
  });
}

/** The address of a socket has 107 bytes at most, so its folder is named by a descriptor. Undefined where there is none any more. */
function shortPath(folder: ContainerFolder): { readonly path: string; release(): void } | undefined {
  const fd = openIfThere(folder.path);
  if (fd === undefined) return undefined;
  return { path: `/proc/self/fd/${fd}/${MONITOR_SOCKET}`, release: () => closeSync(fd) };
}

function openIfThere(folder: string): number | undefined {
  try {
    return openSync(folder, "r");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw describeSystemError(error, `opening ${folder}`);
  }
}
