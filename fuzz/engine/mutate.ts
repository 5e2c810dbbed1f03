import type { Random } from "./random.ts";

/** Makes another input of one; `other` is a second input of the corpus, `words` the target's dictionary. */
export type Mutator = (input: Buffer, context: MutationContext) => Buffer;

export interface MutationContext {
  readonly random: Random;
  readonly other: Buffer;
  readonly words: readonly string[];
}

/** Inputs do not grow beyond this by mutation; growth is measured by its own means. */
export const LARGEST_INPUT = 64 * 1024;
/** Most stay below this: many small inputs find more than few large ones. */
const USUAL_INPUT = 2048;

const INTERESTING = [0, 1, 7, 8, 9, 10, 13, 32, 34, 36, 39, 44, 45, 47, 58, 60, 61, 92, 96, 127, 128, 255];
const NUMBERS = [
  "0",
  "-1",
  "1",
  "7",
  "8",
  "255",
  "256",
  "65535",
  "65536",
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740992",
  "18446744073709551616",
  "1e309",
  "NaN",
];

const flipBit: Mutator = (input, { random }) => {
  const out = Buffer.from(input);
  if (out.length > 0) out[random.below(out.length)]! ^= 1 << random.below(8);
  return out;
};

const setByte: Mutator = (input, { random }) => {
  const out = Buffer.from(input);
  if (out.length > 0)
    out[random.below(out.length)] = random.chance(0.7) ? random.pick(INTERESTING) : random.below(256);
  return out;
};

const removeRange: Mutator = (input, { random }) => {
  const [start, end] = range(input, random);
  return Buffer.concat([input.subarray(0, start), input.subarray(end)]);
};

const repeatRange: Mutator = (input, { random }) => {
  const [start, end] = range(input, random);
  const part = input.subarray(start, end);
  const times = random.between(1, random.chance(0.05) ? 200 : 4);
  const copies = Array.from({ length: times }, () => part);
  return Buffer.concat([input.subarray(0, end), ...copies, input.subarray(end)]);
};

const moveRange: Mutator = (input, { random }) => {
  const [start, end] = range(input, random);
  const rest = Buffer.concat([input.subarray(0, start), input.subarray(end)]);
  return insert(rest, random.below(rest.length + 1), input.subarray(start, end));
};

const truncate: Mutator = (input, { random }) => input.subarray(0, random.below(input.length + 1));

const insertBytes: Mutator = (input, { random }) => {
  const bytes = Buffer.from(
    random.several(1, 4, () => (random.chance(0.6) ? random.pick(INTERESTING) : random.below(256))),
  );
  return insert(input, random.below(input.length + 1), bytes);
};

const insertWord: Mutator = (input, { random, words }) =>
  words.length === 0 ? input : insert(input, random.below(input.length + 1), Buffer.from(random.pick(words)));

const replaceWithWord: Mutator = (input, { random, words }) => {
  if (words.length === 0) return input;
  const [start, end] = range(input, random);
  return Buffer.concat([input.subarray(0, start), Buffer.from(random.pick(words)), input.subarray(end)]);
};

const replaceNumber: Mutator = (input, { random }) => {
  const found = [...input.toString("latin1").matchAll(/\d+/g)];
  if (found.length === 0) return input;
  const match = random.pick(found);
  const number = Buffer.from(random.chance(0.8) ? random.pick(NUMBERS) : String(random.below(2 ** 31)));
  return Buffer.concat([
    input.subarray(0, match.index),
    number,
    input.subarray(match.index + match[0].length),
  ]);
};

const splice: Mutator = (input, { random, other }) =>
  Buffer.concat([
    input.subarray(0, random.below(input.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);

const takeFromOther: Mutator = (input, { random, other }) => {
  const [start, end] = range(other, random);
  return insert(input, random.below(input.length + 1), other.subarray(start, end));
};

/** Changes of bytes, whatever they mean. */
export const BYTE_MUTATORS: readonly Mutator[] = [
  flipBit,
  setByte,
  removeRange,
  repeatRange,
  moveRange,
  truncate,
  insertBytes,
  insertWord,
  insertWord,
  replaceWithWord,
  replaceNumber,
  splice,
  takeFromOther,
];

/** Removes, repeats, swaps or borrows whole lines: what makes texts with one instruction a line different and still sound. */
export const mutateLines: Mutator = (input, { random, other }) => {
  const lines = linesOf(input);
  const at = random.below(lines.length);
  switch (random.below(4)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(random.below(lines.length + 1), 0, lines[at]!);
      break;
    case 2:
      lines.splice(random.below(lines.length + 1), 0, random.pick(linesOf(other)));
      break;
    default: {
      const to = random.below(lines.length);
      [lines[at], lines[to]] = [lines[to]!, lines[at]!];
    }
  }
  return Buffer.from(lines.join("\n"), "latin1");
};

/** One or several changes, one after the other. */
export function mutate(input: Buffer, mutators: readonly Mutator[], context: MutationContext): Buffer {
  let result = input;
  const most = context.random.chance(0.02) ? LARGEST_INPUT : USUAL_INPUT;
  for (let left = context.random.between(1, context.random.chance(0.2) ? 12 : 3); left > 0; left--)
    result = context.random.pick(mutators)(result, context).subarray(0, most);
  return result;
}

function linesOf(input: Buffer): string[] {
  return input.toString("latin1").split("\n");
}

function range(input: Buffer, random: Random): [start: number, end: number] {
  const start = random.below(input.length + 1);
  return [start, start + random.skewed(Math.min(input.length - start, 4096))];
}

function insert(input: Buffer, at: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at)]);
}
