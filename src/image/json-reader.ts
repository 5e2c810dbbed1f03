import { SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";

/** A value of a JSON document from outside. Every accessor checks the type and throws `IMAGE_INVALID` naming the member. */
export class JsonReader {
  readonly #value: unknown;
  readonly #what: string;
  readonly #path: string;

  private constructor(value: unknown, what: string, path: string) {
    this.#value = value;
    this.#what = what;
    this.#path = path;
  }

  /** `what` names the document in errors ("the image config"). The document must be an object of at most `LIMITS.manifest` bytes. */
  static parse(bytes: Uint8Array, what: string): JsonReader {
    return JsonReader.#ofObject(parseJson(bytes, what), what);
  }

  /** The same for a document that is a list of objects; `nameOf` names each in errors. */
  static parseList(
    bytes: Uint8Array,
    what: string,
    nameOf: (index: number) => string,
  ): readonly JsonReader[] {
    const value = parseJson(bytes, what);
    if (!Array.isArray(value)) throw new SlipwayError("IMAGE_INVALID", `${what} must be a list`);
    return value.map((item, index) => JsonReader.#ofObject(item, nameOf(index)));
  }

  static #ofObject(value: unknown, what: string): JsonReader {
    const reader = new JsonReader(value, what, "");
    reader.object();
    return reader;
  }

  /** The member, or undefined where it is absent or null. */
  get(name: string): JsonReader | undefined {
    const object = this.object();
    if (!Object.hasOwn(object, name) || object[name] === null) return undefined;
    return new JsonReader(object[name], this.#what, this.#path === "" ? name : `${this.#path}.${name}`);
  }

  require(name: string): JsonReader {
    return this.get(name) ?? this.fail(`has no member "${name}"`);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  text(): string {
    return typeof this.#value === "string" ? this.#value : this.fail("must be a string");
  }

  integer(): number {
    return Number.isSafeInteger(this.#value) ? (this.#value as number) : this.fail("must be an integer");
  }

  flag(): boolean {
    return typeof this.#value === "boolean" ? this.#value : this.fail("must be true or false");
  }

  list(): readonly JsonReader[] {
    if (!Array.isArray(this.#value)) return this.fail("must be a list");
    return this.#value.map((item, i) => new JsonReader(item, this.#what, `${this.#path}[${i}]`));
  }

  texts(): readonly string[] {
    return this.list().map((item) => item.text());
  }

  /** A list of strings; a lone string counts as a list of one, as the Docker engine reads it. */
  words(): readonly string[] {
    return typeof this.#value === "string" ? [this.#value] : this.texts();
  }

  /** An object as a record, its values read by `read`. */
  record<V>(read: (value: JsonReader) => V): Readonly<Record<string, V>> {
    const pairs = Object.entries(this.object()).map(([name, value]) => {
      return [name, read(new JsonReader(value, this.#what, `${this.#path}["${name}"]`))] as const;
    });
    return Object.fromEntries(pairs);
  }

  fail(problem: string): never {
    const subject = this.#path === "" ? this.#what : `${this.#what}: ${this.#path}`;
    throw new SlipwayError("IMAGE_INVALID", `${subject} ${problem}`, { facts: { member: this.#path } });
  }

  private object(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (value === null || typeof value !== "object" || Array.isArray(value))
      return this.fail("must be an object");
    return value as Record<string, unknown>;
  }
}

function parseJson(bytes: Uint8Array, what: string): unknown {
  if (bytes.length > LIMITS.manifest)
    throw new SlipwayError("IMAGE_INVALID", `${what} is larger than ${LIMITS.manifest} bytes`);
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch (cause) {
    throw new SlipwayError("IMAGE_INVALID", `${what} is not JSON`, { cause });
  }
}
