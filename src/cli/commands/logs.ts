import { once } from "node:events";
import { containerLogs } from "../../api/container-logs.ts";
import type { LogLine } from "../../container/log-writer.ts";
import { SlipwayError } from "../../core/errors.ts";
import { parseGoDuration } from "../../dockerfile/go-duration.ts";
import { type CliContext, EXIT } from "../cli-context.ts";

interface LogsFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly tail: string;
  readonly timestamps?: boolean;
}

/** `slipway logs`: what came out of standard error goes there. */
export function logsCommand(name: string, flags: LogsFlags): (context: CliContext) => Promise<number> {
  return async ({ environment, stdout, stderr, signal }) => {
    const query = {
      follow: flags.follow ?? false,
      signal,
      onGap: () =>
        void stderr.write("WARNING: the log was rotated faster than it was read: lines are missing\n"),
      ...time("since", flags.since),
      ...time("until", flags.until),
      ...tail(flags.tail),
    };
    const write = async (line: LogLine): Promise<void> => {
      const stream = line.stream === "stderr" ? stderr : stdout;
      const text = flags.timestamps ? `${line.time} ${line.log}` : line.log;
      if (!stream.write(text) && !stream.destroyed) await once(stream, "drain").catch(() => {});
    };
    await containerLogs(name, query, write, environment);
    return EXIT.ok;
  };
}

/** A time (RFC 3339, or seconds since the epoch), or how long ago. */
function time(name: "since" | "until", text: string | undefined): { since?: number; until?: number } {
  if (text === undefined) return {};
  if (/^\d+(\.\d+)?$/.test(text)) return { [name]: Number(text) * 1000 };
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return { [name]: at };
  try {
    return { [name]: Date.now() - parseGoDuration(text) / 1e6 };
  } catch (cause) {
    throw new SlipwayError("USAGE", `invalid time ${JSON.stringify(text)} for --${name}`, {
      cause,
      hint: "write a time such as 2026-01-02T13:23:37Z, seconds since the epoch, or how long ago: 42m",
    });
  }
}

function tail(text: string): { tail?: number } {
  if (text === "all" || text.startsWith("-")) return {};
  if (/^\d{1,9}$/.test(text)) return { tail: Number(text) };
  throw new SlipwayError("USAGE", `invalid value ${JSON.stringify(text)} for --tail`, {
    hint: "give a number of lines, or all",
  });
}
