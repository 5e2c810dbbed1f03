/** What runs inside the user namespace: reads one request, does it as the namespace's root, answers on descriptor 3. */
import { readFileSync, rmSync, writeSync } from "node:fs";
import { deserialize } from "node:v8";
import { SlipwayError } from "../core/errors.ts";
import { encodeFrame } from "./message-frames.ts";
import { operations } from "./operations.ts";
import type { NamespaceMessage, NamespaceRequest, PlainError } from "./user-namespace.ts";

const ANSWER = 3;

async function main(path: string): Promise<void> {
  const request = deserialize(readFileSync(path)) as NamespaceRequest;
  rmSync(path, { force: true });
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => controller.abort(signal));
  const environment = { ...request.environment, uid: 0 };
  try {
    const value = await operations(request.operation)(request.options, {
      environment,
      onEvent: (event) => send({ kind: "event", event }),
      signal: controller.signal,
      stdout: process.stdout,
    });
    send({ kind: "result", value });
  } catch (error) {
    send({ kind: "error", error: plain(error) });
  }
}

function send(message: NamespaceMessage): void {
  const frame = encodeFrame(message);
  for (let at = 0; at < frame.length; ) at += writeSync(ANSWER, frame, at);
}

function plain(error: unknown): PlainError {
  if (!(error instanceof SlipwayError)) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { message, ...(stack ? { stack } : {}) };
  }
  const { code, message, hint, source, facts } = error;
  return { code, message, facts, ...(hint ? { hint } : {}), ...(source ? { source } : {}) };
}

await main(process.argv[2]!);
