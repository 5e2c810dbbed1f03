import { formsOf, type SecretForm } from "./encodings.ts";
import { isSearchable, type KnownSecret } from "./known-secret.ts";
import { PatternSearch } from "./pattern-search.ts";

/** A secret in some bytes; its value is not part of it. */
export interface SecretMatch {
  readonly id: string;
  readonly kind: KnownSecret["kind"];
  readonly encoding: SecretForm["encoding"];
  readonly start: number;
  readonly end: number;
}

/** Looks for the values of secrets, in all their forms. */
export class SecretSearch {
  readonly secrets: readonly KnownSecret[];
  readonly #origins: readonly { readonly secret: KnownSecret; readonly encoding: SecretForm["encoding"] }[];
  readonly #patterns: PatternSearch;

  /** Values that are too short are left out. */
  constructor(secrets: readonly KnownSecret[]) {
    this.secrets = secrets.filter(isSearchable);
    const forms = this.secrets.flatMap((secret) => formsOf(secret.value).map((form) => ({ secret, form })));
    this.#origins = forms.map(({ secret, form }) => ({ secret, encoding: form.encoding }));
    this.#patterns = new PatternSearch(forms.map(({ form }) => form));
  }

  /** Length of the longest form. */
  get longest(): number {
    return this.#patterns.longest;
  }

  next(bytes: Uint8Array, from = 0): SecretMatch | undefined {
    const match = this.#patterns.next(bytes, from);
    if (!match) return undefined;
    const { secret, encoding } = this.#origins[match.pattern]!;
    return { id: secret.id, kind: secret.kind, encoding, start: match.start, end: match.end };
  }

  /** Every secret and encoding in the bytes, once each. */
  all(bytes: Uint8Array): readonly SecretMatch[] {
    const found = new Map<string, SecretMatch>();
    for (let match = this.next(bytes); match; match = this.next(bytes, match.start + 1)) {
      const key = `${match.id}\0${match.encoding}`;
      if (!found.has(key)) found.set(key, match);
    }
    return [...found.values()];
  }

  /** How many of the last bytes may be the beginning of a secret. */
  openEnd(bytes: Uint8Array): number {
    return this.#patterns.openEnd(bytes);
  }
}
