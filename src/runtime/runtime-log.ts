import { readFileSync } from "node:fs";
import { SlipwayError } from "../core/errors.ts";
import type { ProcessEnd } from "../sys/process.ts";

/** How a container's process ended. `exitCode` is 128 + n where signal n ended it. */
export interface ContainerEnd {
  readonly exitCode: number;
}

/**
 * Tells the process's own end from a failure of the runtime, which writes its errors to `log`. A command that is missing or cannot
 * be executed ends with 127 or 126, and says so on standard error, as under a shell. Throws `RUNTIME_FAILED`.
 */
export function interpretEnd(
  end: ProcessEnd,
  log: string,
  onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void,
): ContainerEnd {
  const messages = errorsOf(log);
  const text = messages.join("; ");
  if (messages.length === 0) return { exitCode: end.exitCode };
  const code = commandProblem(text);
  if (code !== undefined) {
    onOutput?.("stderr", Buffer.from(`${text}\n`));
    return { exitCode: code };
  }
  throw new SlipwayError("RUNTIME_FAILED", `the container could not be started: ${text}`, {
    hint: "`slipway doctor` says what this machine can do; --runtime chooses another runtime",
  });
}

function commandProblem(text: string): 126 | 127 | undefined {
  if (
    /executable file .*not found|no such file or directory.*exec|exec.*(no such file or directory|ENOENT)|open executable: no such file/i.test(
      text,
    )
  )
    return 127;
  if (
    /permission denied|operation not permitted|exec format error|is a directory|EACCES/i.test(text) &&
    /exec/i.test(text)
  )
    return 126;
  return undefined;
}

function errorsOf(log: string): string[] {
  let text: string;
  try {
    text = readFileSync(log, "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => {
      try {
        const { level, msg } = JSON.parse(line) as { level?: string; msg?: string };
        return level === "error" || level === "fatal" || level === undefined ? [msg ?? line] : [];
      } catch {
        return [line];
      }
    });
}
