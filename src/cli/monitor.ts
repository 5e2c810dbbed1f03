/** What looks after one detached container: runs it to its end, and says on descriptor 3 how its start went. */
import { closeSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { readEnvironment } from "../api/environment.ts";
import { encodeFrame } from "../api/message-frames.ts";
import { plainError } from "../api/plain-error.ts";
import { superviseHere } from "../api/supervise-here.ts";
import type { NamespaceMessage } from "../api/user-namespace.ts";
import { explainSystemError } from "../core/errors.ts";

const ANSWER = 3;

export async function main(id = process.argv[2]!): Promise<void> {
  const environment = readEnvironment(process.env, {
    uid: process.getuid?.() ?? 1,
    homeDirectory: homedir(),
    cwd: "/",
  });
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ending.abort());
  // The end of the terminal that it was started from is none of its business.
  process.on("SIGHUP", () => {});
  try {
    const end = await superviseHere(
      id,
      {
        isDetached: true,
        onUp: () => tell({ kind: "result", value: undefined }),
        onWarning: (message) => tell({ kind: "event", event: { type: "warning", time: 0, message } }),
        signal: ending.signal,
      },
      environment,
    );
    tell({ kind: "result", value: end });
  } catch (error) {
    tell({ kind: "error", error: plainError(explainSystemError(error)) });
  }
  process.exit(0);
}

let isListening = true;

/** The one who started it listens until the first result. */
function tell(message: NamespaceMessage): void {
  if (!isListening) return;
  try {
    const frame = encodeFrame(message);
    for (let at = 0; at < frame.length; ) at += writeSync(ANSWER, frame, at);
    if (message.kind === "event") return;
    closeSync(ANSWER);
  } catch {
    // EPIPE: whoever listened was killed.
  }
  isListening = false;
}
