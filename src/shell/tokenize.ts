import type { ShellRedirect, ShellToken, ShellWord } from "./tokens.ts";
import { readWord } from "./word-reader.ts";

/** Longest first. */
const REDIRECTS = ["<<<", "<<-", "&>>", "<<", ">>", "&>", ">&", "<&", ">|", "<>", "<", ">"];
const OPERATORS = [";;&", ";;", ";&", "&&", "||", "|&", ";", "&", "|", "(", ")"];

interface Pending {
  readonly redirect: ShellRedirect;
  readonly delimiter: string;
  readonly chomp: boolean;
}

/** Cuts a script of a POSIX shell (and bash) into tokens, in time that grows with its length alone. It never fails. */
export function tokenize(text: string): readonly ShellToken[] {
  return new Tokenizer(text).run();
}

class Tokenizer {
  readonly #text: string;
  readonly #tokens: ShellToken[] = [];
  #pending: Pending[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): readonly ShellToken[] {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at]!);
    return this.#tokens;
  }

  #step(char: string): void {
    if (char === "\n") this.#lineFeed();
    else if (char === " " || char === "\t" || char === "\r") this.#at++;
    else if (char === "\\" && this.#text[this.#at + 1] === "\n") this.#at += 2;
    else if (char === "#") this.#comment();
    else if (!this.#redirect() && !this.#operator()) this.#word();
  }

  #lineFeed(): void {
    this.#tokens.push({ kind: "operator", text: "\n" });
    this.#at++;
    for (const heredoc of this.#pending) this.#body(heredoc);
    this.#pending = [];
  }

  #comment(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #redirect(): boolean {
    let at = this.#at;
    while (at - this.#at < 9 && /\d/.test(this.#text[at] ?? "")) at++;
    const operator = REDIRECTS.find((one) => this.#text.startsWith(one, at));
    if (operator === undefined) return false;
    // A process substitution is a word.
    if ((operator === "<" || operator === ">") && this.#text[at + 1] === "(" && at === this.#at) return false;
    this.#at = at + operator.length;
    this.#skipBlanks();
    const target = this.#readTarget();
    const redirect: ShellRedirect = { kind: "redirect", operator, ...(target ? { target } : {}) };
    this.#tokens.push(redirect);
    if (target && (operator === "<<" || operator === "<<-"))
      this.#pending.push({ redirect, delimiter: target.text, chomp: operator === "<<-" });
    return true;
  }

  #readTarget(): ShellWord | undefined {
    const { word, end } = readWord(this.#text, this.#at);
    if (end === this.#at) return undefined;
    this.#at = end;
    return word;
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  #operator(): boolean {
    const operator = OPERATORS.find((one) => this.#text.startsWith(one, this.#at));
    if (operator === undefined) return false;
    this.#tokens.push({ kind: "operator", text: operator });
    this.#at += operator.length;
    return true;
  }

  #word(): void {
    const { word, end } = readWord(this.#text, this.#at);
    this.#tokens.push(word);
    this.#at = Math.max(end, this.#at + 1);
  }

  /** Up to the line that is the delimiter, or to the end. */
  #body({ redirect, delimiter, chomp }: Pending): void {
    const start = this.#at;
    while (this.#at < this.#text.length) {
      const found = this.#text.indexOf("\n", this.#at);
      const end = found < 0 ? this.#text.length : found;
      const line = this.#text.slice(this.#at, end).replace(/\r$/, "");
      const lineStart = this.#at;
      this.#at = end + 1;
      if ((chomp ? line.replace(/^\t+/, "") : line) !== delimiter) continue;
      redirect.body = this.#text.slice(start, lineStart);
      return;
    }
    redirect.body = this.#text.slice(start);
  }
}
