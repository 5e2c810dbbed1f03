import type { Random } from "../engine/random.ts";
import { text, word } from "./text.ts";

const NAMES = [
  "A",
  "B",
  "FOO",
  "PATH",
  "a_1",
  "U",
  "EMPTY",
  "TARGETARCH",
  "\u00e9",
  "0",
  "12",
  "@",
  "$",
  "!",
];
const OPERATORS = [
  ":-",
  "-",
  ":+",
  "+",
  ":?",
  "?",
  "#",
  "##",
  "%",
  "%%",
  "/",
  "//",
  ":=",
  "=",
  ":#",
  ":",
  ".",
  "^",
];

/** Tokens that the expander knows. */
export const EXPANSION_WORDS = [
  "$",
  "${",
  "}",
  "\\",
  "'",
  '"',
  "<<",
  "`",
  "*",
  "?",
  "[",
  "]",
  "\\}",
  "\\/",
  ...OPERATORS,
  ...NAMES.map((name) => `$${name}`),
];

/** A word with variables, all operators, quotes and escapes (SPEC EX-01 to EX-11). */
export function shellWord(random: Random, depth = 3): string {
  return random.several(0, 4, () => piece(random, depth)).join("");
}

function piece(random: Random, depth: number): string {
  switch (random.below(9)) {
    case 0:
      return `$${random.pick(NAMES)}`;
    case 1:
      return `"${depth > 0 ? shellWord(random, depth - 1) : text(random)}"`;
    case 2:
      return `'${text(random)}'`;
    case 3:
      return `\\${random.pick([..."$\\'\"`nab{}/*? \n"])}`;
    case 4:
    case 5:
      return braced(random, depth);
    case 6:
      return random.pick(["<<", "$", "`", " ", "=", "{", "}", "*", "?"]);
    default:
      return text(random);
  }
}

function braced(random: Random, depth: number): string {
  const name = random.pick(NAMES);
  if (random.chance(0.2)) return `\${${name}}`;
  const operator = random.pick(OPERATORS);
  const operand = depth > 0 ? operandOf(random, depth - 1) : word(random);
  const replacement = operator.startsWith("/")
    ? `/${depth > 0 ? operandOf(random, depth - 1) : word(random)}`
    : "";
  return `\${${name}${operator}${operand}${replacement}${random.chance(0.95) ? "}" : ""}`;
}

/** Patterns get wildcards and escapes more often than words do. */
function operandOf(random: Random, depth: number): string {
  if (random.chance(0.5)) return shellWord(random, depth);
  return random
    .several(0, 6, () =>
      random.pick(["*", "?", "a", "b", "x", "\\*", "\\?", "\\\\", "\\/", "\\}", "\n", "[", "."]),
    )
    .join("");
}
