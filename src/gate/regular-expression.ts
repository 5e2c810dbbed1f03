import { SlipwayError } from "../core/errors.ts";

const POSIX: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** RE2's classes know ASCII only; JavaScript's `\s` knows more. */
const SPACE = "\\t\\n\\f\\r ";
const LARGEST_REPEAT = 1000;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly ungreedy: boolean;
}

const PLAIN: Flags = { ignoreCase: false, multiline: false, dotAll: false, ungreedy: false };

/**
 * Compiles an expression in the syntax of Go's regexp (RE2), which files for container-structure-test are written in. Flags inside the
 * expression, POSIX classes, `\A`, `\z`, `\Q…\E`, `(?P<name>…)` and `.` mean what they mean there. What RE2 has not (look-around, back
 * references) is refused, as it is there. Throws `TEST_INVALID`.
 */
export function compileExpression(source: string): RegExp {
  try {
    return new Translation(source).compile();
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw wrong(source, error instanceof Error ? error.message.replace(/^.*: /, "") : String(error));
  }
}

function wrong(source: string, why: string): SlipwayError {
  return new SlipwayError(
    "TEST_INVALID",
    `the regular expression ${JSON.stringify(source)} is wrong: ${why}`,
    {
      facts: { expression: source },
    },
  );
}

/** One pass over the expression. Letter case is folded here, since flags count for a part only. */
class Translation {
  readonly #source: string;
  #at = 0;
  #flags = PLAIN;
  /** Flags to go back to, one for each open group. */
  readonly #outer: Flags[] = [];
  #made = "";

  constructor(source: string) {
    this.#source = source;
  }

  compile(): RegExp {
    while (this.#at < this.#source.length) this.#next();
    if (this.#outer.length > 0) throw wrong(this.#source, "a group is not closed");
    return new RegExp(this.#made, "u");
  }

  #next(): void {
    const rest = this.#source.slice(this.#at);
    const char = String.fromCodePoint(rest.codePointAt(0)!);
    this.#at += char.length;
    switch (char) {
      case "\\":
        return this.#escape();
      case "[":
        return this.#class();
      case "(":
        return this.#group();
      case ")":
        if (this.#outer.length === 0) throw wrong(this.#source, "unexpected )");
        this.#flags = this.#outer.pop()!;
        this.#made += ")";
        return;
      case ".":
        this.#made += this.#flags.dotAll ? "[^]" : "[^\\n]";
        return;
      case "^":
        this.#made += this.#flags.multiline ? "(?<![^\\n])" : "(?<![^])";
        return;
      case "$":
        this.#made += this.#flags.multiline ? "(?![^\\n])" : "(?![^])";
        return;
      case "|":
        this.#made += "|";
        return;
      case "*":
      case "+":
      case "?":
        return this.#repeat(char);
      case "{":
        return this.#braces(rest);
      default:
        this.#made += this.#literal(char);
    }
  }

  #repeat(quantifier: string): void {
    const next = this.#source[this.#at];
    const isLazy = next === "?";
    if (isLazy) this.#at += 1;
    const after = this.#source[this.#at];
    if (next === "+" || next === "*" || (isLazy && (after === "?" || after === "+" || after === "*")))
      throw wrong(this.#source, "repetitions of repetitions are not allowed");
    this.#made += isLazy !== this.#flags.ungreedy ? `${quantifier}?` : quantifier;
  }

  /** Braces that are no repetition stand for themselves. */
  #braces(rest: string): void {
    const [whole, least, , most] = /^\{(\d+)(,(\d*))?\}/.exec(rest) ?? [];
    if (whole === undefined) {
      this.#made += "\\{";
      return;
    }
    if (Math.max(Number(least), Number(most || 0)) > LARGEST_REPEAT)
      throw wrong(this.#source, `more than ${LARGEST_REPEAT} repetitions`);
    this.#at += whole.length - 1;
    this.#repeat(whole);
  }

  #group(): void {
    const rest = this.#source.slice(this.#at);
    if (!rest.startsWith("?")) return this.#open("(", 0, this.#flags);
    const named = /^\?P?<([A-Za-z_]\w*)>/.exec(rest);
    if (named) return this.#open(`(?<${named[1]}>`, named[0].length, this.#flags);
    if (/^\?<?[=!]/.test(rest)) throw wrong(this.#source, "look-around is not part of RE2");
    const flags = /^\?([imsU]*)(?:-([imsU]*))?([:)])/.exec(rest);
    if (!flags) throw wrong(this.#source, `a group that begins with (${rest.slice(0, 3)} is not known`);
    const changed = withFlags(withFlags(this.#flags, flags[1]!, true), flags[2] ?? "", false);
    if (flags[3] === ":") return this.#open("(?:", flags[0].length, changed);
    this.#at += flags[0].length;
    this.#flags = changed;
  }

  #open(text: string, length: number, inside: Flags): void {
    this.#outer.push(this.#flags);
    this.#flags = inside;
    this.#at += length;
    this.#made += text;
  }

  #escape(): void {
    const rest = this.#source.slice(this.#at);
    if (rest.startsWith("Q")) {
      const end = rest.indexOf("\\E");
      const quoted = rest.slice(1, end < 0 ? rest.length : end);
      for (const char of quoted) this.#made += this.#literal(char);
      this.#at += end < 0 ? rest.length : end + 2;
      return;
    }
    const assertion = ASSERTIONS[rest[0] ?? ""];
    if (assertion !== undefined) {
      this.#at += 1;
      this.#made += assertion;
      return;
    }
    const set = this.#set(rest);
    if (set !== undefined) this.#made += set;
    else this.#made += this.#literal(this.#character(rest));
  }

  /** `\d`, `\pL` and their like, as a class of its own; undefined where it is a character. */
  #set(rest: string): string | undefined {
    const unicode = /^([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/.exec(rest);
    if (unicode) {
      this.#at += unicode[0].length;
      const isNegated = (unicode[1] === "P") !== (unicode[2] === "^");
      const name = unicode[3] ?? unicode[4]!;
      const property = name.length <= 2 ? name : `Script=${name}`;
      return `${isNegated ? "\\P" : "\\p"}{${property}}`;
    }
    const letter = rest[0] ?? "";
    if (!"dDwWsS".includes(letter) || letter === "") return undefined;
    this.#at += 1;
    if (letter === "s") return `[${SPACE}]`;
    return letter === "S" ? `[^${SPACE}]` : `\\${letter}`;
  }

  #character(rest: string): string {
    const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest);
    const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
    if (hex) {
      this.#at += hex[0].length;
      const code = Number.parseInt(hex[1] ?? hex[2]!, 16);
      if (code > 0x10ffff) throw wrong(this.#source, `\\${hex[0]} is no character`);
      return String.fromCodePoint(code);
    }
    if (octal) {
      this.#at += octal[0].length;
      return String.fromCodePoint(Number.parseInt(octal[0], 8));
    }
    const char = rest === "" ? "" : String.fromCodePoint(rest.codePointAt(0)!);
    if (char === "") throw wrong(this.#source, "a backslash at the end");
    this.#at += char.length;
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (/[1-9]/.test(char)) throw wrong(this.#source, "back references are not part of RE2");
    if (/[A-Za-z0-9]/.test(char)) throw wrong(this.#source, `\\${char} is not known`);
    return char;
  }

  #class(): void {
    const isNegated = this.#source[this.#at] === "^";
    if (isNegated) this.#at += 1;
    let inside = "";
    for (let isFirst = true; ; isFirst = false) {
      const rest = this.#source.slice(this.#at);
      if (rest === "") throw wrong(this.#source, "a class is not closed");
      if (rest[0] === "]" && !isFirst) break;
      inside += this.#classPart(rest);
    }
    this.#at += 1;
    this.#made += `[${isNegated ? "^" : ""}${inside}]`;
  }

  #classPart(rest: string): string {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(rest);
    if (posix) {
      const members = POSIX[posix[2]!];
      if (members === undefined) throw wrong(this.#source, `there is no class ${posix[0]}`);
      this.#at += posix[0].length;
      return posix[1] === "^" ? complement(members) : members;
    }
    if (rest[0] === "\\" && "dDwWsSpP".includes(rest[1] ?? "-")) {
      const after = rest.slice(1);
      this.#at += 1;
      if (!/^[sS]/.test(after)) return this.#set(after) ?? this.#character(after);
      this.#at += 1;
      return after[0] === "s" ? SPACE : complement(SPACE);
    }
    const first = this.#classCharacter();
    const dash = this.#source.slice(this.#at);
    if (!/^-[^\]]/.test(dash)) return this.#folded(first, first);
    this.#at += 1;
    return this.#folded(first, this.#classCharacter());
  }

  #classCharacter(): string {
    const rest = this.#source.slice(this.#at);
    if (rest[0] === "\\") {
      this.#at += 1;
      return this.#character(rest.slice(1));
    }
    const char = String.fromCodePoint(rest.codePointAt(0)!);
    this.#at += char.length;
    return char;
  }

  #folded(first: string, last: string): string {
    const range = `${quoted(first)}-${quoted(last)}`;
    if (first.codePointAt(0)! > last.codePointAt(0)!)
      throw wrong(this.#source, `the range ${first}-${last} is the wrong way round`);
    if (!this.#flags.ignoreCase) return first === last ? quoted(first) : range;
    let both = range;
    const [from, to] = [first.codePointAt(0)!, Math.min(last.codePointAt(0)!, first.codePointAt(0)! + 0x500)];
    for (let code = from; code <= to; code++) both += cases(String.fromCodePoint(code)).map(quoted).join("");
    return both;
  }

  #literal(char: string): string {
    if (!this.#flags.ignoreCase) return quoted(char);
    const all = cases(char);
    return all.length === 1 ? quoted(char) : `[${all.map(quoted).join("")}]`;
  }
}

const ASSERTIONS: Readonly<Record<string, string>> = {
  A: "(?<![^])",
  z: "(?![^])",
  b: "\\b",
  B: "\\B",
};
const CONTROLS: Readonly<Record<string, string>> = {
  a: "\x07",
  f: "\f",
  t: "\t",
  n: "\n",
  r: "\r",
  v: "\v",
};

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  return {
    ignoreCase: letters.includes("i") ? value : flags.ignoreCase,
    multiline: letters.includes("m") ? value : flags.multiline,
    dotAll: letters.includes("s") ? value : flags.dotAll,
    ungreedy: letters.includes("U") ? value : flags.ungreedy,
  };
}

/** The character with its other letter case, where that is one character. */
function cases(char: string): readonly string[] {
  const others = [char.toLowerCase(), char.toUpperCase()].filter((other) => [...other].length === 1);
  return [...new Set([char, ...others])];
}

function quoted(char: string): string {
  return /[a-zA-Z0-9_]/.test(char) ? char : `\\u{${char.codePointAt(0)!.toString(16)}}`;
}

/** All characters that a list of ASCII characters and ranges leaves out, as members of a class. */
function complement(members: string): string {
  const inside = new RegExp(`[${members}]`, "u");
  let made = "";
  for (let code = 0; code < 0x80; code++) {
    const char = String.fromCodePoint(code);
    if (!inside.test(char)) made += quoted(char);
  }
  return `${made}\\u{80}-\\u{10ffff}`;
}
