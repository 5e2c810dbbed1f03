import type { SecretSearch } from "./secret-search.ts";

/** Takes secrets out of bytes that come in pieces; how they are cut makes no difference. Of secrets that overlap nothing is shown. */
export class SecretRedactor {
  readonly #search: SecretSearch;
  readonly #onFound: (id: string) => void;
  #held: Buffer = Buffer.alloc(0);
  /** So many bytes at the beginning of what is held belong to a secret that has been told of. */
  #covered = 0;
  /** The secret that was told of last, where nothing else was shown since: pieces of one long value are shown as one. */
  #last: string | undefined;

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
    let at = this.#covered;
    const show = (end: number): void => {
      if (end <= at) return;
      parts.push(bytes.subarray(at, end));
      this.#last = undefined;
      at = end;
    };
    for (let match = this.#search.next(bytes); match; match = this.#search.next(bytes, match.start + 1)) {
      if (match.start >= limit) break;
      this.#onFound(match.id);
      if (match.end <= at) continue;
      show(match.start);
      if (this.#last !== match.id) parts.push(Buffer.from(`[secret ${match.id}]`));
      this.#last = match.id;
      at = match.end;
    }
    show(limit);
    this.#covered = at - limit;
    this.#held = Buffer.from(bytes.subarray(limit));
    return Buffer.concat(parts);
  }
}

/** The text without secrets. */
export function redactSecrets(text: string, search: SecretSearch): string {
  const bytes = Buffer.from(text);
  const clean = redactBytes(bytes, search);
  return clean === bytes ? text : Buffer.from(clean).toString();
}

/** Bytes without secrets; the same ones where they hold none. */
function redactBytes(bytes: Uint8Array, search: SecretSearch): Uint8Array {
  if (search.next(bytes) === undefined) return bytes;
  const redactor = new SecretRedactor(search, () => {});
  return Buffer.concat([redactor.push(bytes), redactor.end()]);
}

/** A value with all texts and bytes in it redacted, however deep, and the names in tables of what users have named. */
export function redactValue<T>(value: T, search: SecretSearch): T {
  if (typeof value === "string") return redactSecrets(value, search) as T;
  if (value instanceof Uint8Array) return redactBytes(value, search) as T;
  if (Array.isArray(value)) return value.map((item) => redactValue<unknown>(item, search)) as T;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      OWN_NAME.test(key) ? key : redactSecrets(key, search),
      redactValue<unknown>(item, search),
    ]),
  ) as T;
}

/** What members of events and facts are called: whoever has such a word for a secret still gets events that can be read. */
const OWN_NAME = /^[a-z][A-Za-z]{0,19}$/;
