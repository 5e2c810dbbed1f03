import type { Command, Option } from "commander";
import { SlipwayError } from "../core/errors.ts";
import { goBoolean } from "../core/go-boolean.ts";

/**
 * Rewrites `--pull=true` to `--pull` and leaves `--pull=false` out, which commander does not know: other builders take
 * values for flags, as Go programs do, and scripts use it. The last one counts. Throws `USAGE`.
 */
export function withoutBooleanValues(argv: readonly string[], command: Command): string[] {
  const words: Word[] = [];
  for (let at = 0; at < argv.length; at++) {
    const text = argv[at]!;
    if (text === "--") return [...settled(words), ...argv.slice(at)];
    const [name, value] = splitValue(text);
    const option = command.options.find(({ long, short }) => name === long || name === short);
    const isSwitch = option !== undefined && !option.required && !option.optional;
    if (isSwitch) words.push({ text: name, option, on: value === undefined || isTrue(name, value) });
    else words.push({ text: option?.optional && value === undefined ? withPreset(text, option) : text });
    const next = argv[at + 1];
    if (option?.required && value === undefined && next !== undefined) {
      words.push({ text: next });
      at++;
    }
  }
  return settled(words);
}

/** One word of the command line; of a flag that is on or off, which it says. */
interface Word {
  readonly text: string;
  readonly option?: Option;
  readonly on?: boolean;
}

/** Without the flags that are off, and those in front of them that say otherwise. */
function settled(words: readonly Word[]): string[] {
  const off = new Set<Option>();
  const kept: string[] = [];
  for (const { text, option, on } of words.toReversed()) {
    if (option && on === false) off.add(option);
    else if (!option || !off.has(option)) kept.push(text);
  }
  return kept.reverse();
}

/** A value that may be left out is written behind `=` alone: what follows the bare flag is a word of its own, as the context is. */
function withPreset(name: string, { presetArg }: Option): string {
  return typeof presetArg === "string" ? `${name}=${presetArg}` : name;
}

function isTrue(name: string, value: string): boolean {
  const parsed = goBoolean(value);
  if (parsed !== undefined) return parsed;
  throw new SlipwayError("USAGE", `invalid boolean value ${JSON.stringify(value)} for ${name}`, {
    hint: "use true or false",
  });
}

function splitValue(word: string): readonly [string, string | undefined] {
  const at = word.startsWith("-") ? word.indexOf("=") : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}
