import type { ShellWord } from "./tokens.ts";

const BLANKS = " \t\r\n";
/** What ends a word outside of quotes. */
const ENDS = new Set(`${BLANKS};&|<>()`);
const NAME_START = /[A-Za-z_]/;
const NAME = /[A-Za-z0-9_]/;
const SPECIAL = new Set("@*#?$!-0123456789");

/** Where the word ends, and what it says. */
export interface ReadWord {
  readonly word: ShellWord;
  readonly end: number;
}

/**
 * Reads the word of a POSIX shell (and bash) at `start`. Every character is looked at once, whatever is in it; a quote or a parenthesis
 * that nothing closes reaches to the end of the text.
 */
export function readWord(text: string, start: number): ReadWord {
  return new WordReader(text, start).read();
}

class WordReader {
  readonly #text: string;
  readonly #start: number;
  #at: number;
  #plain = true;
  #out = "";
  readonly #variables: string[] = [];
  readonly #substitutions: string[] = [];

  constructor(text: string, start: number) {
    this.#text = text;
    this.#start = start;
    this.#at = start;
  }

  read(): ReadWord {
    for (let char = this.#text[this.#at]; char !== undefined; char = this.#text[this.#at]) {
      if (this.#isProcessSubstitution(char)) this.#parenthesis(2);
      else if (char === "(" && this.#text[this.#at - 1] === "=" && this.#at > this.#start)
        this.#verbatim(closing(this.#text, this.#at + 1, "(", ")"));
      else if (ENDS.has(char)) break;
      else this.#take(char);
    }
    return {
      word: {
        kind: "word",
        text: this.#out,
        variables: this.#variables,
        substitutions: this.#substitutions,
        plain: this.#plain,
      },
      end: this.#at,
    };
  }

  /** `<(…)` and `>(…)` of bash. */
  #isProcessSubstitution(char: string): boolean {
    return (char === "<" || char === ">") && this.#text[this.#at + 1] === "(";
  }

  #take(char: string): void {
    switch (char) {
      case "\\":
        this.#escape();
        return;
      case "'":
        this.#singleQuoted();
        return;
      case '"':
        this.#doubleQuoted();
        return;
      case "$":
        this.#dollar();
        return;
      case "`":
        this.#backquoted();
        return;
      default:
        this.#out += char;
        this.#at++;
    }
  }

  #escape(): void {
    const next = this.#text[this.#at + 1];
    this.#at += 2;
    // A line that continues is one with the next.
    if (next === "\n" || next === undefined) return;
    this.#plain = false;
    this.#out += next;
  }

  #singleQuoted(): void {
    const end = endOf(this.#text, "'", this.#at + 1);
    this.#plain = false;
    this.#out += this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
  }

  #doubleQuoted(): void {
    this.#plain = false;
    this.#at++;
    for (let char = this.#text[this.#at]; char !== undefined; char = this.#text[this.#at]) {
      if (char === '"') {
        this.#at++;
        return;
      }
      if (char === "$") this.#dollar();
      else if (char === "`") this.#backquoted();
      else if (char === "\\") this.#escapeInQuotes();
      else {
        this.#out += char;
        this.#at++;
      }
    }
  }

  #escapeInQuotes(): void {
    const next = this.#text[this.#at + 1] ?? "";
    this.#at += 2;
    if (next !== "\n") this.#out += '$`"\\'.includes(next) ? next : `\\${next}`;
  }

  #dollar(): void {
    const next = this.#text[this.#at + 1] ?? "";
    if (next === "(") this.#parenthesis(2);
    else if (next === "{") this.#braces();
    else if (next === "'") {
      this.#at++;
      this.#singleQuoted();
    } else if (NAME_START.test(next)) this.#name();
    else if (SPECIAL.has(next)) {
      this.#variables.push(next);
      this.#verbatim(this.#at + 2);
    } else this.#verbatim(this.#at + 1);
  }

  #name(): void {
    let end = this.#at + 1;
    while (NAME.test(this.#text[end] ?? "")) end++;
    this.#variables.push(this.#text.slice(this.#at + 1, end));
    this.#verbatim(end);
  }

  #braces(): void {
    const end = closing(this.#text, this.#at + 2, "{", "}");
    const name = /^[!#]?([A-Za-z_]\w*|[@*?$!-]|\d+)/.exec(
      this.#text.slice(this.#at + 2, this.#at + 200),
    )?.[1];
    if (name !== undefined) this.#variables.push(name);
    // An operand may name others: `${A:-$B}`.
    const operand = this.#text.slice(this.#at + 2, end);
    for (const [, inner] of operand.matchAll(/\$\{?([A-Za-z_]\w*)/g)) this.#variables.push(inner!);
    this.#verbatim(end);
  }

  /** `$(…)`, `$((…))`, `<(…)`: the text between is another script, or a sum. */
  #parenthesis(width: number): void {
    const end = closing(this.#text, this.#at + width, "(", ")");
    this.#substitutions.push(this.#text.slice(this.#at + width, end - 1));
    this.#verbatim(end);
  }

  #backquoted(): void {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== "`") end += this.#text[end] === "\\" ? 2 : 1;
    this.#substitutions.push(this.#text.slice(this.#at + 1, end));
    this.#verbatim(Math.min(end + 1, this.#text.length));
  }

  #verbatim(end: number): void {
    this.#out += this.#text.slice(this.#at, end);
    this.#at = end;
  }
}

/** Behind the bracket that closes the one in front of `start`; quotes hide what is in them. */
function closing(text: string, start: number, open: string, close: string): number {
  let depth = 1;
  let at = start;
  while (at < text.length) {
    const char = text[at]!;
    if (char === "\\") at++;
    else if (char === "'") at = endOf(text, "'", at + 1);
    else if (char === '"') at = endOfDoubleQuoted(text, at + 1);
    else if (char === open) depth++;
    else if (char === close && --depth === 0) return at + 1;
    at++;
  }
  return text.length;
}

function endOf(text: string, quote: string, from: number): number {
  const end = text.indexOf(quote, from);
  return end < 0 ? text.length : end;
}

function endOfDoubleQuoted(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}
