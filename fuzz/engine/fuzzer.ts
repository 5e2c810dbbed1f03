import { Coverage } from "./coverage.ts";
import { type Growing, growing, type SteepGrowth, steepGrowth } from "./growth.ts";
import { hotSpot } from "./hot-spot.ts";
import { minimise } from "./minimise.ts";
import { BYTE_MUTATORS, LARGEST_INPUT, mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { SharedCell } from "./shared-cell.ts";
import type { Target } from "./target.ts";
import { judge, type Symptom, symptom } from "./verdict.ts";

export interface FuzzerOptions {
  readonly target: Target;
  readonly seed: number;
  readonly cell: SharedCell;
  /** Keys of what was found before; it is not reported again. */
  readonly known: readonly string[];
  report(found: Symptom, input: Uint8Array): void;
}

/** Inputs between two looks at the coverage; one look costs about a millisecond. */
const BATCH = 32;
const LARGEST_CORPUS = 2000;
/** Share of the time that goes into measuring growth. */
const GROWTH_SHARE = 0.25;
/** CPU milliseconds that no input of at most `LARGEST_INPUT` bytes may take. */
const SLOW = 1500;
const MINIMISE_ATTEMPTS = 3000;

/** Makes inputs, runs them, keeps those that reach something new. */
export class Fuzzer {
  readonly #options: FuzzerOptions;
  readonly #random: Random;
  readonly #coverage = new Coverage();
  readonly #corpus: Buffer[];
  readonly #known: Set<string>;
  #growthTime = 0;

  constructor(options: FuzzerOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#corpus = options.target.seeds.map((seed) => Buffer.from(seed));
    this.#known = new Set(options.known);
  }

  get corpusSize(): number {
    return this.#corpus.length;
  }

  get partsReached(): number {
    return this.#coverage.size;
  }

  async run(milliseconds: number): Promise<void> {
    const started = performance.now();
    for (const seed of [...this.#corpus]) await this.#execute(seed);
    this.#coverage.takeNew();
    for (let elapsed = 0; elapsed < milliseconds; elapsed = performance.now() - started) {
      await this.#batch();
      if (this.#options.target.grow !== null && this.#growthTime < elapsed * GROWTH_SHARE)
        await this.#measureGrowth();
    }
  }

  async #batch(): Promise<void> {
    const inputs = Array.from({ length: BATCH }, () => this.#newInput());
    for (const input of inputs) await this.#execute(input);
    const fresh = this.#coverage.takeNew();
    for (const input of inputs) {
      if (fresh.size === 0) return;
      await this.#symptomOf(input);
      const before = fresh.size;
      for (const part of this.#coverage.take()) fresh.delete(part);
      if (fresh.size < before) this.#keep(input);
    }
  }

  #newInput(): Buffer {
    const { target } = this.#options;
    if (this.#corpus.length === 0 || this.#random.chance(0.35))
      return Buffer.from(target.generate(this.#random)).subarray(0, LARGEST_INPUT);
    return mutate(this.#random.pick(this.#corpus), [...BYTE_MUTATORS, ...(target.mutators ?? [])], {
      random: this.#random,
      other: this.#random.pick(this.#corpus),
      words: target.dictionary,
    });
  }

  #keep(input: Buffer): void {
    if (this.#corpus.length < LARGEST_CORPUS) this.#corpus.push(input);
    else this.#corpus[this.#random.below(LARGEST_CORPUS)] = input;
  }

  async #execute(input: Buffer): Promise<void> {
    const started = performance.now();
    const found = await this.#symptomOf(input);
    if (found) await this.#found(found, input);
    else if (performance.now() - started > SLOW) await this.#checkSlow(input);
  }

  async #symptomOf(input: Buffer): Promise<Symptom | undefined> {
    const { cell, target } = this.#options;
    cell.begin(input);
    try {
      await target.run(input);
      return undefined;
    } catch (error) {
      return judge(error);
    } finally {
      cell.end();
    }
  }

  async #found(found: Symptom, input: Buffer): Promise<void> {
    if (this.#known.has(found.key)) return;
    this.#known.add(found.key);
    const smallest = await minimise(
      input,
      async (candidate) => (await this.#symptomOf(candidate))?.key === found.key,
      MINIMISE_ATTEMPTS,
    );
    this.#options.report((await this.#symptomOf(smallest)) ?? found, smallest);
  }

  /** Waiting for the processor is no fault of the input, so its own time counts. */
  async #checkSlow(input: Buffer): Promise<void> {
    const spent = Math.min(await this.#cpuTime(input), await this.#cpuTime(input));
    if (spent < SLOW) return;
    const spots = await hotSpot(() => this.#symptomOf(input));
    this.#reportOnce(
      symptom(
        "slow",
        `slow in ${spots[0]}`,
        `${input.length} bytes take ${Math.round(spent)} ms, most in ${spots.join(", ")}`,
      ),
      input,
    );
  }

  async #measureGrowth(): Promise<void> {
    const started = performance.now();
    const { target } = this.#options;
    const grow = target.grow?.(this.#random) ?? this.#repeating();
    const steep = await steepGrowth(grow, (input) => this.#cpuTime(input));
    if (steep) await this.#reportGrowth(steep);
    this.#growthTime += performance.now() - started;
  }

  /** A part of some input, repeated. */
  #repeating(): Growing {
    const fresh = this.#corpus.length === 0 || this.#random.chance(0.3);
    const base = fresh
      ? Buffer.from(this.#options.target.generate(this.#random))
      : this.#random.pick(this.#corpus);
    return growing(base.subarray(0, 4096), this.#random, this.#random.chance(0.5) ? "lines" : "bytes");
  }

  async #reportGrowth({ figures, input }: SteepGrowth): Promise<void> {
    const spots = await hotSpot(() => this.#symptomOf(input));
    const table = figures.map(({ bytes, milliseconds }) => `${bytes} bytes: ${milliseconds.toFixed(1)} ms`);
    const detail = [`time grows faster than the input, most in ${spots.join(", ")}`, ...table].join("\n");
    this.#reportOnce(symptom("growth", `growth in ${spots[0]}`, detail), input);
  }

  #reportOnce(found: Symptom, input: Buffer): void {
    if (this.#known.has(found.key)) return;
    this.#known.add(found.key);
    this.#options.report(found, input);
  }

  async #cpuTime(input: Buffer): Promise<number> {
    const before = process.cpuUsage();
    await this.#symptomOf(input);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }
}
