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

/** What stands between a word and the program that it starts. */
export interface Wrapper {
  /** Flags that take the next word as their value, with blanks between them. */
  readonly valued: string;
  /** How many words follow the flags. */
  readonly operands: number;
}

/** Words in front of a program. */
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map([
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
  const texts = words.map(({ text }) => text);
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
    at = behindWrapper(texts, at, wrapper);
  }
}

/** Where the program stands that the wrapper at `at` starts: behind its flags, variables and operands. */
export function behindWrapper(words: readonly string[], at: number, { valued, operands }: Wrapper): number {
  const flags = valued.split(" ");
  let areFlagsOver = false;
  let next = at + 1;
  for (; next < words.length; next++) {
    const word = words[next]!;
    if (!areFlagsOver && word === "--") areFlagsOver = true;
    else if (!areFlagsOver && word.startsWith("-") && word !== "-") next += flags.includes(word) ? 1 : 0;
    else if (!/^[A-Za-z_]\w*=/.test(word)) break;
  }
  return next + operands;
}
