/** A set of symbols: bit n stands for the ASCII character n, bit `OTHER` for every byte of a character beyond ASCII. */
export type SymbolSet = bigint;

export const OTHER = 128;
export const SYMBOLS = 129;
const ALL: SymbolSet = (1n << BigInt(SYMBOLS)) - 1n;

/** A pattern for the whole of a value, parsed. */
export type PatternNode =
  | { readonly kind: "set"; readonly symbols: SymbolSet }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly part: PatternNode; readonly least: number; readonly most: number };

/** Says what of a pattern cannot be used. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/** Most repetitions that may be written as a number. */
const MOST_REPETITIONS = 256;
/** Groups in groups. */
const DEEPEST = 50;

/**
 * Parses a regular expression: characters, `.`, classes, `\d \w \s` and their opposites, groups, `|`, `* + ? {n,m}`. It has to
 * match the whole value, so that `^` and `$` may stand at its ends and change nothing. Throws `PatternError`.
 */
export function parsePattern(text: string): PatternNode {
  const trimmed = text.replace(/^\^/, "").replace(/(?<!\\)((?:\\\\)*)\$$/, "$1");
  const reader = new PatternReader(trimmed);
  const node = reader.choice(0);
  if (!reader.atEnd) throw new PatternError('")" without "("');
  return node;
}

class PatternReader {
  readonly #text: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = [...text];
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  choice(depth: number): PatternNode {
    if (depth > DEEPEST) throw new PatternError("groups are nested too deep");
    const parts = [this.#sequence(depth)];
    while (this.#take("|")) parts.push(this.#sequence(depth));
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.atEnd && this.#next !== "|" && this.#next !== ")")
      parts.push(this.#repeated(this.#atom(depth)));
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #atom(depth: number): PatternNode {
    const character = this.#read();
    switch (character) {
      case "(":
        return this.#group(depth);
      case "[":
        return { kind: "set", symbols: this.#class() };
      case ".":
        return { kind: "set", symbols: ALL & ~bit("\n") };
      case "\\":
        return { kind: "set", symbols: this.#escape() };
      case "*":
      case "+":
      case "?":
      case "{":
        throw new PatternError(`nothing stands before ${JSON.stringify(character)} that could be repeated`);
      case "^":
      case "$":
        throw new PatternError(
          `${JSON.stringify(character)} is possible at the ends only; write \\${character} for the character`,
        );
      default:
        return { kind: "set", symbols: bit(character) };
    }
  }

  #group(depth: number): PatternNode {
    if (this.#take("?") && !this.#take(":"))
      throw new PatternError('"(?" begins something that is not supported; write (…) or (?:…)');
    const node = this.choice(depth + 1);
    if (!this.#take(")")) throw new PatternError('"(" without ")"');
    return node;
  }

  #repeated(part: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (!bounds) return part;
    if (["*", "+", "?", "{"].includes(this.#next))
      throw new PatternError(`${JSON.stringify(this.#next)} behind another repetition is not supported`);
    return { kind: "repeat", part, ...bounds };
  }

  #bounds(): { readonly least: number; readonly most: number } | undefined {
    if (this.#take("*")) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { least: 0, most: 1 };
    if (!this.#take("{")) return undefined;
    let inside = "";
    while (!this.atEnd && this.#next !== "}") inside += this.#read();
    const match = /^(\d{1,4})(,(\d{0,4}))?$/.exec(inside);
    if (!this.#take("}") || !match)
      throw new PatternError(
        `"{${inside}" is no repetition; write {2}, {2,} or {2,5}, or \\{ for the character`,
      );
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] ? Number(match[3]) : Number.POSITIVE_INFINITY;
    if (least > MOST_REPETITIONS || (most !== Number.POSITIVE_INFINITY && most > MOST_REPETITIONS))
      throw new PatternError(`{${inside}}: ${MOST_REPETITIONS} repetitions are the most`);
    if (most < least) throw new PatternError(`{${inside}}: the larger number stands first`);
    return { least, most };
  }

  #class(): SymbolSet {
    const negated = this.#take("^");
    let symbols = 0n;
    for (let first = true; first || this.#next !== "]"; first = false) {
      if (this.atEnd) throw new PatternError('"[" without "]"');
      symbols |= this.#classItem();
    }
    this.#read();
    return negated ? ALL & ~symbols : symbols;
  }

  /** One character, escape or range of a class. */
  #classItem(): SymbolSet {
    const from = this.#read();
    if (from === "\\") return this.#escape();
    if (from === "[" && this.#next === ":")
      throw new PatternError("classes by name, as [:digit:], are not supported; write \\d or 0-9");
    if (this.#next !== "-" || this.#text[this.#at + 1] === "]" || this.#at + 1 >= this.#text.length)
      return bit(from);
    this.#read();
    const to = this.#read();
    if (to === "\\")
      throw new PatternError(`the range that begins with ${from} has no plain character as its end`);
    bit(from);
    bit(to);
    if (code(to) < code(from))
      throw new PatternError(`the range ${from}-${to} has its ends in the wrong order`);
    let symbols = 0n;
    for (let n = code(from); n <= code(to); n++) symbols |= 1n << BigInt(n);
    return symbols;
  }

  #escape(): SymbolSet {
    if (this.atEnd) throw new PatternError('a single "\\" stands at the end');
    const letter = this.#read();
    const known = CLASSES[letter];
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`\\${letter} is not supported`);
    return bit(letter);
  }

  get #next(): string {
    return this.#text[this.#at] ?? "";
  }

  #read(): string {
    return this.#text[this.#at++] ?? "";
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at += 1;
    return true;
  }
}

const DIGITS = members("0123456789");
const WORD = members("_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
const SPACE = members(" \t\n\r\f\v");

const CLASSES: Readonly<Record<string, SymbolSet>> = Object.freeze({
  __proto__: null,
  d: DIGITS,
  D: ALL & ~DIGITS,
  w: WORD,
  W: ALL & ~WORD,
  s: SPACE,
  S: ALL & ~SPACE,
  t: bit("\t"),
  n: bit("\n"),
  r: bit("\r"),
} as unknown as Record<string, SymbolSet>);

function members(text: string): SymbolSet {
  return [...text].reduce((all, character) => all | bit(character), 0n);
}

function bit(character: string): SymbolSet {
  const number = code(character);
  if (number >= OTHER)
    throw new PatternError(
      `${JSON.stringify(character)} is beyond ASCII, and patterns are made of ASCII characters; "." stands for any other`,
    );
  return 1n << BigInt(number);
}

function code(character: string): number {
  return character.codePointAt(0) ?? OTHER;
}
