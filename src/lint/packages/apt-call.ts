import { type Program, programOf } from "../../shell/program.ts";
import { isLiteral } from "../../shell/tokens.ts";
import type { Step } from "../stage-view.ts";

/** Flags that take the next word. */
const VALUED = new Set([
  "-o",
  "-c",
  "-t",
  "--option",
  "--config-file",
  "--target-release",
  "--default-release",
]);

/** A call of apt-get or apt. */
export interface AptCall {
  readonly verb: string;
  readonly flags: readonly string[];
  readonly packages: readonly string[];
  /** All of it is known. */
  readonly isLiteral: boolean;
  /** Something answers its questions. */
  readonly isFed: boolean;
}

/** The calls of a step, in order. */
export function aptCalls({ commands }: Step): readonly AptCall[] {
  return commands.flatMap((command) => {
    const program = programOf(command);
    if (program?.name !== "apt-get" && program?.name !== "apt") return [];
    const isFed =
      command.before === "|" || command.redirects.some(({ operator }) => operator.startsWith("<"));
    return [aptCall(program, isFed)];
  });
}

function aptCall({ args }: Program, isFed: boolean): AptCall {
  const flags: string[] = [];
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const { text } = args[at]!;
    if (!text.startsWith("-")) operands.push(text);
    else flags.push(VALUED.has(text) ? `${text} ${args[++at]?.text ?? ""}` : text);
  }
  const [verb = "", ...packages] = operands;
  return { verb, flags, packages, isLiteral: args.every(isLiteral), isFed };
}
