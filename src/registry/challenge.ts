/** One challenge of a WWW-Authenticate header (RFC 9110 §11.6.1). Scheme and parameter names are in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
/** More than the grammar allows: some servers forget to quote a URL. */
const UNQUOTED = /[^\s,"]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*/y;

/**
 * Parses WWW-Authenticate values: several headers, several challenges in one header, quoted values with escapes.
 * What cannot be understood ends the parse; the challenges before it are given.
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  if (header === undefined) return [];
  const texts = typeof header === "string" ? [header] : header;
  return texts.flatMap((text) => new Scanner(text).challenges());
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  challenges(): Challenge[] {
    const found: { scheme: string; parameters: Record<string, string> }[] = [];
    for (;;) {
      this.#skip(/[\s,]+/y);
      const word = this.#take(TOKEN);
      if (word === undefined) return found;
      const value = this.#parameterValue();
      if (value !== undefined) {
        const current = found.at(-1);
        if (!current) return found;
        current.parameters[word.toLowerCase()] ??= value;
      } else {
        found.push({ scheme: word.toLowerCase(), parameters: Object.create(null) as Record<string, string> });
        this.#skipToken68();
      }
    }
  }

  /** The value after `=`; undefined (and nothing consumed) where the word was a scheme. */
  #parameterValue(): string | undefined {
    const start = this.#at;
    this.#skip(/\s+/y);
    if (this.#text[this.#at] !== "=") {
      this.#at = start;
      return undefined;
    }
    this.#at += 1;
    this.#skip(/\s+/y);
    return this.#text[this.#at] === '"' ? this.#quoted() : (this.#take(UNQUOTED) ?? "");
  }

  #quoted(): string {
    let value = "";
    this.#at += 1;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++]!;
      if (char === '"') break;
      value += char === "\\" ? (this.#text[this.#at++] ?? "") : char;
    }
    return value;
  }

  /** `Negotiate abc==` carries one opaque word instead of parameters. */
  #skipToken68(): void {
    const start = this.#at;
    this.#skip(/\s+/y);
    const word = this.#take(TOKEN68);
    const ended = /^\s*(,|$)/.test(this.#text.slice(this.#at));
    if (word === undefined || !ended || this.#at === start) this.#at = start;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #skip(pattern: RegExp): void {
    this.#take(pattern);
  }
}
