import type { Command, Option } from "commander";
import { SlipwayError } from "../core/errors.ts";
import { goBoolean } from "../core/go-boolean.ts";

/**
 * Rewrites `--pull=true` to `--pull` and leaves `--pull=false` out, which commander does not know: other builders take
 * values for flags, as Go programs do, and scripts use it. The last one counts. Throws `USAGE`.
 */
export function withoutBooleanValues(argv: readonly string[], command: Command): string[] {
  const kept: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === "--") return [...kept, ...argv.slice(at)];
    const [name, value] = splitValue(word);
    const option = command.options.find(({ long, short }) => name === long || name === short);
    if (option && !option.required && !option.optional && value !== undefined)
      setFlag(kept, name, option, value);
    else kept.push(word);
    const next = argv[at + 1];
    if (option?.required && value === undefined && next !== undefined) {
      kept.push(next);
      at++;
    }
  }
  return kept;
}

function setFlag(words: string[], name: string, { long, short }: Option, value: string): void {
  const parsed = goBoolean(value);
  if (parsed) {
    words.push(name);
    return;
  }
  if (parsed === undefined)
    throw new SlipwayError("USAGE", `invalid boolean value ${JSON.stringify(value)} for ${name}`, {
      hint: "use true or false",
    });
  const others = words.filter((word) => word !== long && word !== short);
  words.splice(0, words.length, ...others);
}

function splitValue(word: string): readonly [string, string | undefined] {
  const at = word.startsWith("-") ? word.indexOf("=") : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}
