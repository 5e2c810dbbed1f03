import type { EscapeCharacter } from "./directives.ts";
import { ExpansionBudget } from "./expansion-budget.ts";
import { failure } from "./expansion-failure.ts";
import { BoundedText } from "./shell-pattern.ts";
import { INCOMPLETE, type SubstitutionReader, substitute } from "./substitution.ts";
import { isSpace } from "./white-space.ts";

/** Value of a variable, or undefined where it is not set. */
export type VariableLookup = (name: string) => string | undefined;

export interface LexerOptions {
  /** The escape character in force; backslash by default. */
  readonly escape?: EscapeCharacter;
  /** `remove` them as a shell does (default), `keep` them in the result, or treat them as `ordinary` characters (SPEC EX-16). */
  readonly quotes?: "remove" | "keep" | "ordinary";
  /** Escape characters stay in the result. */
  readonly rawEscapes?: boolean;
  /** A substitution of a variable that is not set stays as it was written. */
  readonly keepUnset?: boolean;
  /** What expansions that belong together share; one of its own by default. */
  readonly budget?: ExpansionBudget;
}

/** Receives the result; only text outside quotes and escapes may separate words (SPEC EX-10). */
export interface WordSink {
  /** Text outside quotes, or the value of a substitution outside quotes. */
  loose(text: string): void;
  /** Quoted or escaped text. */
  glued(text: string): void;
}

export class SingleWord extends BoundedText implements WordSink {
  get length(): number {
    return this.text.length;
  }
  loose(text: string): void {
    this.add(text);
  }
  glued(text: string): void {
    this.add(text);
  }
}

/** Splits at Unicode spaces; empty words vanish. */
export class SplitWords implements WordSink {
  readonly #words: string[] = [];
  #word = new BoundedText();
  /** Of all words together. */
  length = 0;

  loose(text: string): void {
    this.length += text.length;
    for (const char of text) {
      if (isSpace(char)) this.#end();
      else this.#word.add(char);
    }
  }
  glued(text: string): void {
    this.length += text.length;
    this.#word.add(text);
  }
  finish(): string[] {
    this.#end();
    return this.#words;
  }
  #end(): void {
    if (this.#word.text === "") return;
    this.#words.push(this.#word.text);
    this.#word = new BoundedText();
  }
}

const QUOTE_HINT = "close the quote, or put a backslash in front of one that stands for itself";

/** Substitutions may nest; this bounds the stack that they need. */
const DEEPEST = 400;

/** Reads one text from left to right (SPEC EX-01 to EX-09). Errors are EXPANSION_FAILED without the text as prefix. */
export class WordLexer implements SubstitutionReader {
  readonly #text: string;
  readonly #lookup: VariableLookup;
  readonly #options: LexerOptions;
  readonly #escape: string;
  /** Names that were asked for and are not set, in order of first use. */
  readonly unset = new Set<string>();
  readonly budget: ExpansionBudget;
  #at = 0;
  #depth = 0;

  constructor(text: string, lookup: VariableLookup, options: LexerOptions) {
    this.#text = text;
    this.#lookup = lookup;
    this.#options = options;
    this.#escape = options.escape ?? "\\";
    this.budget = options.budget ?? new ExpansionBudget();
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The character ahead; empty at the end. */
  peek(): string {
    return this.atEnd ? "" : String.fromCodePoint(this.#text.codePointAt(this.#at)!);
  }

  /** Takes the character ahead; empty at the end. */
  take(): string {
    const char = this.peek();
    this.#at += char.length;
    return char;
  }

  /** Takes `text` if it comes next. */
  skip(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Takes the longest run of characters that `accepts`. */
  takeWhile(accepts: (char: string) => boolean): string {
    const start = this.#at;
    for (let char = this.peek(); char !== "" && accepts(char); char = this.peek()) this.#at += char.length;
    return this.#text.slice(start, this.#at);
  }

  /** The value of a variable; a positional or special name never has one (SPEC EX-03). */
  valueOf(name: string): string | undefined {
    const value = /^[\p{L}_]/u.test(name) ? this.#lookup(name) : undefined;
    if (value === undefined) this.unset.add(name);
    return value;
  }

  /** Reads on to the end, or past `stop`; false where `stop` never came. */
  scan(sink: WordSink, stop = "", rawEscapes = this.#options.rawEscapes ?? false): boolean {
    const quoting = this.#options.quotes !== "ordinary";
    while (!this.atEnd) {
      const char = this.take();
      if (char === stop) return true;
      if (char === "'" && quoting) sink.glued(this.#singleQuoted());
      else if (char === '"' && quoting) sink.glued(this.#doubleQuoted(rawEscapes));
      else if (char === "$") sink.loose(this.#dollar());
      else if (char === "<") sink.glued(this.#possibleHeredoc());
      else if (char === this.#escape) sink.glued((rawEscapes ? char : "") + this.take());
      else sink.loose(char);
    }
    return stop === "";
  }

  /** The operand of a substitution, itself expanded, up to `stop`; `missing` is the error where `stop` never comes. */
  operand(stop: string, missing: string, rawEscapes = false): string {
    if (++this.#depth > DEEPEST)
      throw failure(
        `substitutions are nested more than ${DEEPEST} levels deep`,
        "give parts of it names of their own with ARG",
      );
    const word = new SingleWord();
    let complete = false;
    try {
      complete = this.scan(word, stop, rawEscapes || this.#options.rawEscapes === true);
    } catch (error) {
      // What is wrong inside an operand that runs to the end of the text is that nothing closes it.
      if (!this.atEnd) throw error;
    }
    if (!complete) throw failure(missing, INCOMPLETE);
    this.#depth--;
    return word.text;
  }

  #dollar(): string {
    const start = this.#at - 1;
    const result = substitute(this);
    if (result.unset && this.#options.keepUnset) return this.#text.slice(start, this.#at);
    return result.value;
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end < 0) {
      this.#at = this.#text.length;
      throw failure("unexpected end of statement while looking for matching single-quote", QUOTE_HINT);
    }
    const content = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return this.#options.quotes === "keep" ? `'${content}'` : content;
  }

  #doubleQuoted(rawEscapes: boolean): string {
    const content = new BoundedText();
    while (!this.atEnd) {
      const char = this.take();
      if (char === '"') return this.#options.quotes === "keep" ? `"${content.text}"` : content.text;
      if (char === "$") content.add(this.#dollar());
      else if (char === this.#escape) {
        const next = this.peek();
        const escapes = next === '"' || next === "$" || next === this.#escape;
        if (rawEscapes || !escapes) content.add(char);
        if (escapes) content.add(this.take());
      } else content.add(char);
    }
    throw failure("unexpected end of statement while looking for matching double-quote", QUOTE_HINT);
  }

  /** `<<` and the blanks behind it stay in one word, so that heredoc openers survive (SPEC EX-11). */
  #possibleHeredoc(): string {
    if (!this.skip("<")) return "<";
    return `<<${this.takeWhile((char) => char === " " || char === "\t")}`;
  }
}
