import type { ExpansionBudget } from "./expansion-budget.ts";
import { failure } from "./expansion-failure.ts";
import { compilePattern, replaceAll, replaceFirst, stripPrefix, stripSuffix } from "./shell-pattern.ts";

/** What a substitution needs of the lexer: the characters ahead, the variables, and operands that are expanded in turn. */
export interface SubstitutionReader {
  readonly atEnd: boolean;
  readonly budget: ExpansionBudget;
  /** The character ahead; empty at the end. */
  peek(): string;
  take(): string;
  skip(text: string): boolean;
  takeWhile(accepts: (char: string) => boolean): string;
  valueOf(name: string): string | undefined;
  /** Expands up to `stop`, or fails with `missing`; patterns keep their escapes (SPEC EX-06). */
  operand(stop: string, missing: string, rawEscapes?: boolean): string;
}

/** What stands for a `$…`; `unset` tells that its variable has no value. */
export interface Substituted {
  readonly value: string;
  readonly unset: boolean;
}

const OPERATORS_HINT =
  "a variable is written ${v}, ${v:-word}, ${v:+word}, ${v:?message}, ${v#pattern}, ${v%pattern} or ${v/pattern/replacement}";
/** A hint for a substitution that ends too early. */
export const INCOMPLETE =
  "complete the substitution, or put a backslash in front of a `$` that stands for itself";
const MISSING_BRACE = "syntax error: missing '}'";
const MISSING_SLASH = "syntax error: missing '/' in ${}";

/** Reads what follows a `$` and gives its value (SPEC EX-03 to EX-09). */
export function substitute(reader: SubstitutionReader): Substituted {
  if (reader.skip("{")) return braced(reader);
  const name = readName(reader);
  return name === "" ? { value: "$", unset: false } : plain(reader, name);
}

/** A digit takes all digits behind it; some signs are names by themselves; else letters, digits and underscores (SPEC EX-03). */
function readName(reader: SubstitutionReader): string {
  const first = reader.peek();
  if (/^\p{Nd}/u.test(first)) return reader.takeWhile((char) => /^\p{Nd}/u.test(char));
  if (first !== "" && "@*#?-$!".includes(first)) return reader.take();
  return reader.takeWhile((char) => /^[\p{L}\p{Nd}_]/u.test(char));
}

function plain(reader: SubstitutionReader, name: string): Substituted {
  const value = reader.valueOf(name);
  return { value: value ?? "", unset: value === undefined };
}

function braced(reader: SubstitutionReader): Substituted {
  if (reader.atEnd) throw failure(MISSING_BRACE, INCOMPLETE);
  if ("{}:".includes(reader.peek())) throw failure("syntax error: bad substitution", OPERATORS_HINT);
  const name = readName(reader);
  const operator = reader.take();
  switch (operator) {
    case "":
      throw failure(MISSING_BRACE, INCOMPLETE);
    case "}":
      return plain(reader, name);
    case ":":
      return conditional(reader, name, reader.take(), true);
    case "-":
    case "+":
    case "?":
      return conditional(reader, name, operator, false);
    case "#":
    case "%":
      return stripped(reader, name, operator);
    case "/":
      return replaced(reader, name);
    default:
      throw unsupported(operator);
  }
}

/** `${v:-w}` and its kin; `emptyCounts` is the colon: an empty value counts as none. The word is always evaluated. */
function conditional(
  reader: SubstitutionReader,
  name: string,
  operator: string,
  emptyCounts: boolean,
): Substituted {
  const written = emptyCounts ? `:${operator}` : operator;
  if (operator === "#" || operator === "%") throw unsupported(written);
  const word = reader.operand("}", MISSING_BRACE);
  const value = reader.valueOf(name);
  const unset = value === undefined;
  const present = !unset && !(emptyCounts && value === "");
  switch (operator) {
    case "-":
      return { value: present ? value : word, unset };
    case "+":
      return { value: present ? word : "", unset };
    case "?":
      if (present) return { value, unset };
      throw failure(
        `${name}: ${word || `is not allowed to be ${unset ? "unset" : "empty"}`}`,
        `give it a value: ARG ${name} with --build-arg ${name}=<value>, or ENV ${name}=<value>`,
      );
    default:
      throw unsupported(written);
  }
}

/** `${v#p}`, `${v##p}`, `${v%p}`, `${v%%p}`. */
function stripped(reader: SubstitutionReader, name: string, operator: "#" | "%"): Substituted {
  const longest = reader.skip(operator);
  const pattern = compilePattern(reader.operand("}", MISSING_BRACE, true));
  const { value, unset } = plain(reader, name);
  const strip = operator === "#" ? stripPrefix : stripSuffix;
  return { value: strip({ value, budget: reader.budget }, pattern, longest), unset };
}

/** `${v/p/r}` and `${v//p/r}`. */
function replaced(reader: SubstitutionReader, name: string): Substituted {
  const replace = reader.skip("/") ? replaceAll : replaceFirst;
  const pattern = compilePattern(reader.operand("/", MISSING_SLASH, true));
  const replacement = reader.operand("}", MISSING_BRACE, true);
  const { value, unset } = plain(reader, name);
  return { value: replace({ value, budget: reader.budget }, pattern, replacement), unset };
}

function unsupported(modifier: string): Error {
  return failure(`unsupported modifier (${modifier}) in substitution`, OPERATORS_HINT);
}
