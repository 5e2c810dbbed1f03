import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";

/** How a flag takes its value: `boolean` may stand bare, `list` may be given more than once (SPEC IN-01, IN-02). */
export type FlagKind = "boolean" | "text" | "list";

/** The flags of one instruction, checked. */
export interface Flags {
  /** The value of a text flag; undefined where it was not given. */
  text(name: string): string | undefined;
  boolean(name: string): boolean | undefined;
  /** Every value of a list flag, in order. */
  list(name: string): readonly string[];
}

/** Checks flag words against what the instruction knows. Throws INSTRUCTION_INVALID. */
export function readFlags(words: readonly string[], known: Readonly<Record<string, FlagKind>>): Flags {
  const values = new Map<string, string[]>();
  for (const word of words) {
    if (word === "--") break;
    const { name, value } = splitFlag(word);
    const kind = Object.hasOwn(known, name) ? known[name]! : undefined;
    if (kind === undefined) throw unknownFlag(name, Object.keys(known));
    const given = values.get(name);
    if (given && kind !== "list")
      throw invalid(`duplicate flag specified: --${name}`, "leave one of the two out");
    const checked = checkValue(name, kind, value);
    if (given) given.push(checked);
    else values.set(name, [checked]);
  }
  return {
    text: (name) => values.get(name)?.[0],
    boolean: (name) => (values.has(name) ? values.get(name)![0] === "true" : undefined),
    list: (name) => values.get(name) ?? [],
  };
}

function splitFlag(word: string): { name: string; value: string | undefined } {
  const equals = word.indexOf("=");
  return equals < 0
    ? { name: word.slice(2), value: undefined }
    : { name: word.slice(2, equals), value: word.slice(equals + 1) };
}

function checkValue(name: string, kind: FlagKind, value: string | undefined): string {
  if (kind !== "boolean") {
    if (value === undefined) throw invalid(`missing a value on flag: --${name}`, `write --${name}=<value>`);
    return value;
  }
  const asBoolean = `write --${name}, --${name}=true or --${name}=false`;
  if (value === "") throw invalid(`missing a value on flag: --${name}`, asBoolean);
  const lower = (value ?? "true").toLowerCase();
  if (lower !== "true" && lower !== "false")
    throw invalid(`expecting boolean value for flag --${name}, not: ${value}`, asBoolean);
  return lower;
}

function unknownFlag(name: string, known: readonly string[]): SlipwayError {
  const near = suggest(name, known);
  const flags = known.map((flag) => `--${flag}`).join(", ");
  return invalid(
    `unknown flag: --${name}${near === undefined ? "" : ` (did you mean ${near}?)`}`,
    flags === "" ? "this instruction takes no flags" : `this instruction takes ${flags}`,
  );
}

/** An INSTRUCTION_INVALID without place or prefix; `typeNode` adds both. */
export function invalid(message: string, hint?: string): SlipwayError<"INSTRUCTION_INVALID"> {
  return new SlipwayError("INSTRUCTION_INVALID", message, hint === undefined ? {} : { hint });
}
