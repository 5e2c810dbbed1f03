/** What runs inside the user namespace: reads one request, does it as the namespace's root, answers on descriptor 3. */
import { readFileSync, rmSync, writeSync } from "node:fs";
import { deserialize } from "node:v8";
import { encodeFrame } from "../api/message-frames.ts";
import { operations } from "../api/operations.ts";
import { plainError } from "../api/plain-error.ts";
import type { NamespaceMessage, NamespaceRequest } from "../api/user-namespace.ts";
import { explainSystemError } from "../core/errors.ts";

const ANSWER = 3;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

export async function main(path = process.argv[2]!): Promise<void> {
  const request = deserialize(readFileSync(path)) as NamespaceRequest;
  rmSync(path, { force: true });
  const controller = new AbortController();
  let deliver = (signal: NodeJS.Signals): void => controller.abort(signal);
  for (const signal of SIGNALS) process.on(signal, () => deliver(signal));
  // What cannot be told is lost, and the work goes on.
  process.stderr.on("error", () => {});
  const environment = { ...request.environment, uid: 0 };
  try {
    const value = await operations(request.operation)(request.options, {
      environment,
      onEvent: (event) => send({ kind: "event", event }),
      signal: controller.signal,
      // Opened only where it is read: an open standard input keeps the process alive.
      get stdin() {
        return process.stdin;
      },
      stdout: process.stdout,
      stderr: process.stderr,
      onStarted: (kill) => {
        deliver = kill;
      },
    });
    send({ kind: "result", value });
  } catch (error) {
    send({ kind: "error", error: plainError(explainSystemError(error)) });
  }
}

function send(message: NamespaceMessage): void {
  const frame = encodeFrame(message);
  for (let at = 0; at < frame.length; ) at += writeSync(ANSWER, frame, at);
}
