import type { Growing } from "./growth.ts";
import type { Mutator } from "./mutate.ts";
import type { Random } from "./random.ts";

/** One part of the product that takes input from outside. */
export interface Target {
  readonly name: string;
  /** What it covers, for `--list`. */
  readonly about: string;
  /** Inputs that are known to reach far; the corpus starts with them. */
  readonly seeds: readonly Uint8Array[];
  /** Words that the input's language knows; mutations insert them. */
  readonly dictionary: readonly string[];
  /** A new input from the grammar. */
  generate(random: Random): Uint8Array;
  /** Mutations that know the structure of the input, in addition to those on bytes. */
  readonly mutators?: readonly Mutator[];
  /**
   * Gives the input to the product. Whatever it throws is judged: a SlipwayError with a code is an answer, all else is a
   * finding, and so is a `Violation` of something that has to hold.
   */
  run(input: Uint8Array): unknown;
  /** Inputs of growing size, for targets whose inputs do not grow by repeating a part of their bytes; null: none at all. */
  readonly grow?: ((random: Random) => Growing) | null;
}

/** Something that has to hold for every input does not. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Throws a Violation with that message unless `condition` holds. */
export function must(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Violation(message());
}

/** Parts of an input are separated by NUL, which no text that the product reads needs. */
export function joinParts(parts: readonly string[]): Uint8Array {
  return Buffer.from(parts.join("\0"), "utf8");
}

/** The parts that `joinParts` joined; bytes that are not UTF-8 are replaced. */
export function splitParts(input: Uint8Array): string[] {
  return Buffer.from(input).toString("utf8").split("\0");
}
