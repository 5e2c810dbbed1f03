import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { DISK_FULL_HINT, SlipwayError } from "../core/errors.ts";
import { hasSpaceFor } from "../store/free-space.ts";
import type { ProcessEnd } from "../sys/process.ts";
import type { OutOfMemory } from "./cgroup/out-of-memory.ts";
import type { StartTraces } from "./start-script.ts";

/** How a container's process ended. `exitCode` is 128 + n where signal n ended it. */
export interface ContainerEnd {
  readonly exitCode: number;
  /** Present where the command could not be executed (126) or found (127): the runtime's own words. */
  readonly failure?: string;
  /** Present where it failed because memory ran out. */
  readonly oom?: OutOfMemory;
}

/**
 * Tells the process's own end from a failure before it could start. A command that is missing or cannot be executed ends with 127
 * or 126, as under a shell; the runtime says so on standard error. Throws `RUNTIME_FAILED`, `DISK_FULL`. `complaints` is what came out of
 * standard error last.
 */
export function interpretEnd(end: ProcessEnd, traces: StartTraces, complaints: string): ContainerEnd {
  if (end.exitCode === 0) return { exitCode: 0 };
  if (!existsSync(traces.ready)) {
    throw failed(
      lastLines(`${complaints}\n${read(traces.setupLog)}`) || `exit code ${end.exitCode}`,
      end,
      traces,
    );
  }
  const problem = runtimeProblem(traces.runtimeLog);
  if (!problem) return { exitCode: wasKilled(end, complaints) ? 137 : end.exitCode };
  const { failure, exitCode } = problem;
  if (exitCode === undefined) throw failed(failure, end, traces);
  return { exitCode, failure };
}

/** What a runtime has logged; `exitCode` where it is the command that cannot be executed or found. Undefined where there is nothing. */
export function runtimeProblem(
  log: string,
): { readonly failure: string; readonly exitCode: 126 | 127 | undefined } | undefined {
  const messages = errorsOf(read(log));
  if (messages.length === 0) return undefined;
  const failure = messages.join("; ");
  return { failure, exitCode: commandProblem(failure) };
}

/** unshare wants to end by the signal that ended its child, and trips over SIGKILL, which has no handler to reset (util-linux 2.38). */
function wasKilled({ exitCode }: ProcessEnd, complaints: string): boolean {
  return (
    exitCode === 1 &&
    /^unshare: .* failed: Invalid argument\n$/m.test(complaints.split("\n").slice(-2).join("\n"))
  );
}

function failed(reason: string, { exitCode }: ProcessEnd, { setupLog }: StartTraces): SlipwayError {
  // Runtimes fail in strange words on a full disk (crun: "seccomp_export_bpf: Operation canceled").
  if (/no space left on device|disk quota exceeded/i.test(reason) || !hasSpaceFor(setupLog, 0))
    return new SlipwayError(
      "DISK_FULL",
      `no space left on the device while starting a container in ${dirname(setupLog)}: ${reason}`,
      { hint: DISK_FULL_HINT, facts: { exitCode } },
    );
  return new SlipwayError("RUNTIME_FAILED", `the container could not be started: ${reason}`, {
    hint: "`slipway doctor` says what this machine can do; --runtime chooses another runtime",
    facts: { exitCode },
  });
}

/** In the words of crun (executable file `x` not found …, open executable: …) and runc (exec: "x": …). */
function commandProblem(text: string): 126 | 127 | undefined {
  if (/executable file .*not found/i.test(text)) return 127;
  if (/\bexec: ".*": (stat .*: )?no such file or directory/.test(text)) return 127;
  if (/^open executable: No such file/m.test(text)) return 127;
  if (/^open executable: /m.test(text)) return 126;
  if (/\bexec: ".*": (stat .*: )?(permission denied|is a directory|not a directory)/.test(text)) return 126;
  if (/exec format error|argument list too long/i.test(text)) return 126;
  return undefined;
}

/** Messages of level error and worse; a line that is no JSON counts as one. */
function errorsOf(log: string): string[] {
  return log.split("\n").flatMap((line) => {
    if (line.trim() === "") return [];
    try {
      const { level, msg } = JSON.parse(line) as { level?: string; msg?: string };
      return level === undefined || level === "error" || level === "fatal" ? [msg ?? line] : [];
    } catch {
      return [line];
    }
  });
}

function lastLines(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !line.startsWith("dmesg(1) may have"))
    .slice(-3)
    .join("; ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const ENVELOPE = Buffer.from('{"msg":"exec container process ');

/**
 * crun has no log any more when the command itself cannot be executed, and writes what it would have logged to the process's
 * standard error: a chunk that is such a line becomes its message. Every other chunk stays as it is.
 */
export function withoutEnvelope(chunk: Uint8Array): Uint8Array {
  if (Buffer.compare(chunk.subarray(0, ENVELOPE.length), ENVELOPE) !== 0) return chunk;
  const messages = errorsOf(Buffer.from(chunk).toString("utf8"));
  return Buffer.from(messages.map((message) => `${message}\n`).join(""));
}
