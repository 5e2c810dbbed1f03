import type { AstNode } from "./ast.ts";
import { type Flags, invalid, readFlags } from "./flags.ts";
import { parseGoDuration } from "./go-duration.ts";
import { goQuote } from "./go-quote.ts";
import type { HealthcheckInstruction, InstructionBase } from "./instructions.ts";

const FLAGS = {
  interval: "text",
  timeout: "text",
  "start-period": "text",
  "start-interval": "text",
  retries: "text",
} as const;
const LARGEST_RETRIES = 2 ** 31;
const RETRIES_HINT = "write a whole number such as --retries=3; 0 is the default";

/** HEALTHCHECK (SPEC CF-16, CF-17, LX-35). `NONE` pays no attention to flags (SPEC IN-03). */
export function healthcheckInstruction(node: AstNode, base: InstructionBase): HealthcheckInstruction {
  const [written, ...command] = node.args;
  if (written === undefined) throw invalid("HEALTHCHECK requires at least one argument");
  const type = written.toUpperCase();
  if (type === "NONE") return none(command, base);
  const flags = readFlags(node.flags, FLAGS);
  if (type !== "CMD") throw invalid(`Unknown type ${goQuote(type)} in HEALTHCHECK (try CMD)`);
  if (command.length === 0) throw invalid("Missing command after HEALTHCHECK CMD");
  return {
    ...base,
    kind: "HEALTHCHECK",
    test: [node.json ? "CMD" : "CMD-SHELL", ...command],
    interval: duration(flags, "interval"),
    timeout: duration(flags, "timeout"),
    startPeriod: duration(flags, "start-period"),
    startInterval: duration(flags, "start-interval"),
    retries: retries(flags.text("retries")),
  };
}

function none(rest: readonly string[], base: InstructionBase): HealthcheckInstruction {
  if (rest.length > 0) throw invalid("HEALTHCHECK NONE takes no arguments");
  const zero = { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };
  return { ...base, kind: "HEALTHCHECK", test: ["NONE"], ...zero };
}

/** Nanoseconds; 0 where the flag is absent, empty or zero. */
function duration(flags: Flags, name: keyof typeof FLAGS): number {
  const nanoseconds = parseGoDuration(flags.text(name) || "0");
  if (nanoseconds !== 0 && nanoseconds < 1_000_000)
    throw invalid(
      `Interval ${goQuote(name)} cannot be less than 1ms`,
      "write 1ms or more, or 0s for the default",
    );
  return nanoseconds;
}

/** A 32-bit count; 0 where the flag is absent or empty. */
function retries(text: string | undefined): number {
  if (!text) return 0;
  const problem = (what: string) =>
    invalid(`strconv.ParseInt: parsing ${goQuote(text)}: ${what}`, RETRIES_HINT);
  if (!/^[-+]?[0-9]+$/.test(text)) throw problem("invalid syntax");
  const count = Number(text);
  if (count >= LARGEST_RETRIES || count < -LARGEST_RETRIES) throw problem("value out of range");
  if (count < 0) throw invalid(`--retries cannot be negative (${count})`, RETRIES_HINT);
  return count;
}
