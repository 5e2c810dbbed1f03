import type { SecretSearch } from "./secret-search.ts";

/** Takes secrets out of bytes that come in pieces. */
export class SecretRedactor {
  readonly #search: SecretSearch;
  readonly #onFound: (id: string) => void;
  #held: Buffer = Buffer.alloc(0);

  constructor(search: SecretSearch, onFound: (id: string) => void) {
    this.#search = search;
    this.#onFound = onFound;
  }

  /** What may be shown now; an end that may be the beginning of a secret is kept for the next piece. */
  push(bytes: Uint8Array): Buffer {
    const all = Buffer.concat([this.#held, bytes]);
    return this.#take(all, all.length - this.#search.openEnd(all));
  }

  /** The rest: nothing more comes. */
  end(): Buffer {
    return this.#take(this.#held, this.#held.length);
  }

  /** What begins before `limit` is settled. */
  #take(bytes: Buffer, limit: number): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    let last: string | undefined;
    for (let match = this.#search.next(bytes); match; match = this.#search.next(bytes, at)) {
      if (match.start >= limit) break;
      const between = bytes.subarray(at, match.start);
      parts.push(between);
      // The pieces of one long value are shown as one.
      if (between.length > 0 || last !== match.id) parts.push(Buffer.from(`[secret ${match.id}]`));
      this.#onFound(match.id);
      last = match.id;
      at = match.end;
    }
    const end = Math.max(at, limit);
    parts.push(bytes.subarray(at, end));
    this.#held = Buffer.from(bytes.subarray(end));
    return Buffer.concat(parts);
  }
}

/** The text without secrets. */
export function redactSecrets(text: string, search: SecretSearch): string {
  if (search.next(Buffer.from(text)) === undefined) return text;
  const redactor = new SecretRedactor(search, () => {});
  return Buffer.concat([redactor.push(Buffer.from(text)), redactor.end()]).toString();
}

/** A value with every text in it redacted, however deep; bytes too. */
export function redactValue<T>(value: T, search: SecretSearch): T {
  if (typeof value === "string") return redactSecrets(value, search) as T;
  if (Array.isArray(value)) return value.map((item) => redactValue<unknown>(item, search)) as T;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, redactValue<unknown>(item, search)]),
  ) as T;
}
