import { isEnv, withoutSplit } from "./env-split.ts";

/** The kernel reads no more of a script (`BINPRM_BUF_SIZE`). */
const HEAD = 256;

/**
 * The command line that the first line of a script stands for: an interpreter, and what it is told; undefined where the text does not begin with `#!`. Blanks may
 * stand around both. The kernel hands over all behind the interpreter as one argument (execve(2)), which `env -S` splits; the words of other arguments
 * are given one by one, too, so that what was meant is seen.
 */
export function shebangWords(text: string): readonly [string, ...string[]] | undefined {
  const [, line] = /^#!([^\n\0]*)/.exec(text.slice(0, HEAD)) ?? [];
  const [interpreter, ...words] = line?.trim().split(/[ \t]+/) ?? [];
  if (!interpreter) return undefined;
  return isEnv(interpreter) ? [interpreter, ...withoutSplit(words)] : [interpreter, ...words];
}
