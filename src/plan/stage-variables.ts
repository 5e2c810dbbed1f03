import { parseEnvEntry } from "./environment.ts";
import { NON_ENVIRONMENT_ARGS } from "./predefined-args.ts";

export interface BuildArg {
  readonly key: string;
  readonly value: string | undefined;
  /** Variables that its default used, where that gave the value. */
  readonly used?: ReadonlySet<string>;
}

/** A variable, and the two as they are handed to a process. */
interface Pair {
  readonly value: string;
  readonly text: string;
}

/** What every RUN asks for; the same until something is written. */
interface Lists {
  readonly all: readonly string[];
  readonly fromArgs: readonly string[];
  readonly history: string;
}

/**
 * What ARG and ENV leave behind in a stage: its variables in the order of their last writing, which is the order in which a
 * RUN receives them (SPEC SC-08), the Env of its image, and its build arguments. Changed in place.
 */
export class StageVariables {
  readonly #pairs: Map<string, Pair>;
  /** Every ARG by its first place, inherited ones first, with its last value (SPEC SC-09, HI-04). */
  readonly #args: Map<string, string | undefined>;
  /** The image's Env, and where the first entry of each key is. */
  readonly #entries: string[];
  readonly #places: Map<string, number>;
  /** The variables are the entries of the image's Env, in their order. */
  #isPlain = true;
  #lists: Lists | undefined;

  /** Those right after a FROM: `entries` is the Env of the base, `parent` the stage that it is, where it is one. */
  constructor(entries: readonly string[], parent?: StageVariables) {
    this.#pairs = new Map(parent ? parent.#pairs : []);
    this.#args = new Map(parent ? parent.#args : []);
    this.#entries = [...entries];
    const same = parent ? parent.#placesOfSame(entries) : undefined;
    this.#places = new Map(same);
    if (same) return;
    this.#isPlain =
      this.#pairs.size === 0 &&
      new Set(entries.map((entry) => parseEnvEntry(entry)[0])).size === entries.length;
    for (const [place, entry] of entries.entries()) {
      const [key, value] = parseEnvEntry(entry);
      if (!this.#places.has(key)) this.#places.set(key, place);
      this.#write(key, value);
    }
  }

  get(name: string): string | undefined {
    return this.#pairs.get(name)?.value;
  }

  has(name: string): boolean {
    return this.#pairs.has(name);
  }

  keys(): Iterable<string> {
    return this.#pairs.keys();
  }

  get size(): number {
    return this.#pairs.size;
  }

  /** Tells whether an ARG of the stage, or of one below it, has that name. */
  isArgument(name: string): boolean {
    return this.#args.has(name);
  }

  /** An ENV: the first entry of the image's Env with that key is replaced in place, else one is appended (SPEC CF-04). */
  setEnv(key: string, value: string): void {
    if (this.#pairs.has(key)) this.#isPlain = false;
    const place = this.#places.get(key) ?? this.#entries.length;
    this.#entries[place] = this.#write(key, value);
    this.#places.set(key, place);
  }

  /** An ARG: recorded, and a variable unless it is unset or never becomes one (SPEC SC-07, SC-12). */
  setArg({ key, value }: BuildArg): void {
    this.#args.set(key, value);
    this.#lists = undefined;
    if (value === undefined || NON_ENVIRONMENT_ARGS.has(key)) return;
    this.#isPlain = false;
    this.#write(key, value);
  }

  /** The Env of the image. */
  get imageEnv(): readonly string[] {
    return [...this.#entries];
  }

  /** `K=V` of every variable. */
  get all(): readonly string[] {
    return this.#current().all;
  }

  /** Those that an ARG brought in, and no ENV has written since: those also stand in the image's Env. */
  get fromArgs(): readonly string[] {
    return this.#current().fromArgs;
  }

  /** `|2 a=1 b=2 `, what the history of a RUN says of the arguments (SPEC HI-04); empty where there are none. */
  get historyPrefix(): string {
    return this.#current().history;
  }

  /** Where the entries are, if they are those of this stage and nothing has to be put in order. */
  #placesOfSame(entries: readonly string[]): ReadonlyMap<string, number> | undefined {
    return this.#isPlain && this.#entries.length === entries.length ? this.#places : undefined;
  }

  #write(key: string, value: string): string {
    const text = `${key}=${value}`;
    this.#pairs.delete(key);
    this.#pairs.set(key, { value, text });
    this.#lists = undefined;
    return text;
  }

  #current(): Lists {
    this.#lists ??= {
      all: Array.from(this.#pairs.values(), ({ text }) => text),
      fromArgs: [...this.#pairs].flatMap(([key, { text }]) => (this.#isFromArg(key) ? [text] : [])),
      history: this.#history(),
    };
    return this.#lists;
  }

  #isFromArg(key: string): boolean {
    return this.#args.has(key) && !this.#places.has(key);
  }

  #history(): string {
    const pairs = Array.from(this.#args, ([key, value]) => `${key}=${this.get(key) ?? value ?? ""}`);
    return pairs.length > 0 ? `|${pairs.length} ${pairs.join(" ")} ` : "";
  }
}
