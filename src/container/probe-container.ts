import { type ExecTarget, execInContainer } from "./exec-container.ts";
import type { ProbeEnd } from "./health-monitor.ts";

/** More is not kept of a probe's output (SPEC DR-02); one byte tells that there was more. */
const MOST_OUTPUT = 4097;

/** Runs the command of a health check, as the container's user, with its environment and working directory. */
export async function probeContainer(
  target: Omit<ExecTarget, "entersUserNamespace">,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<ProbeEnd> {
  const chunks: Buffer[] = [];
  let size = 0;
  const onOutput = (_: "stdout" | "stderr", chunk: Buffer): void => {
    if (size < MOST_OUTPUT) chunks.push(Buffer.from(chunk.subarray(0, MOST_OUTPUT - size)));
    size += chunk.length;
  };
  const run = { onOutput, signal };
  const { exitCode, failure } = await execInContainer(
    { ...target, entersUserNamespace: false },
    { argv },
    run,
  );
  const output = Buffer.concat(failure === undefined ? chunks : [...chunks, Buffer.from(`${failure}\n`)]);
  return { exitCode, output };
}
