import type { ShellCommand } from "./commands.ts";
import { isLiteral, type ShellWord } from "./tokens.ts";

/** The program that a command starts, whatever it is wrapped in. */
export interface Program {
  /** Last component of its path. */
  readonly name: string;
  /** What the command says, path and all. */
  readonly path: ShellWord;
  readonly args: readonly ShellWord[];
  /** `sudo` and the like stand in front. */
  readonly elevated: boolean;
  /** It takes the place of the shell. */
  readonly execs: boolean;
}

/** Words in front of a program, and which of their flags take a value. */
const WRAPPERS: ReadonlyMap<string, { readonly valued: string; readonly operands: number }> = new Map([
  ["exec", { valued: "-a", operands: 0 }],
  ["command", { valued: "", operands: 0 }],
  ["env", { valued: "-u -C --unset --chdir", operands: 0 }],
  ["nice", { valued: "-n --adjustment", operands: 0 }],
  ["ionice", { valued: "-c -n", operands: 0 }],
  ["nohup", { valued: "", operands: 0 }],
  ["time", { valued: "-f -o", operands: 0 }],
  ["eatmydata", { valued: "", operands: 0 }],
  ["timeout", { valued: "-k -s --signal --kill-after", operands: 1 }],
  ["sudo", { valued: "-u -g -h -p --user --group", operands: 0 }],
  ["doas", { valued: "-u", operands: 0 }],
]);
const ELEVATING = new Set(["sudo", "doas"]);

/** Undefined where the command starts nothing, or its name is not known. */
export function programOf({ words }: ShellCommand): Program | undefined {
  let at = 0;
  let elevated = false;
  let execs = false;
  for (;;) {
    const word = words[at];
    if (!word || !isLiteral(word)) return undefined;
    const name = word.text.slice(word.text.lastIndexOf("/") + 1);
    const wrapper = WRAPPERS.get(name);
    if (!wrapper) return { name, path: word, args: words.slice(at + 1), elevated, execs };
    elevated ||= ELEVATING.has(name);
    execs ||= name === "exec";
    at = behindFlags(words, at + 1, wrapper);
  }
}

function behindFlags(
  words: readonly ShellWord[],
  start: number,
  { valued, operands }: { readonly valued: string; readonly operands: number },
): number {
  const flags = valued.split(" ");
  let at = start;
  for (; at < words.length; at++) {
    const { text } = words[at]!;
    if (text.startsWith("-") && text !== "-") at += flags.includes(text) ? 1 : 0;
    else if (!/^[A-Za-z_]\w*=/.test(text)) break;
  }
  return at + operands;
}
