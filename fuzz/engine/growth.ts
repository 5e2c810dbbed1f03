import type { Random } from "./random.ts";

/** An input that can be made as large as wanted: `times` parts are repeated in it. */
export type Growing = (times: number) => Buffer;

export interface Measurement {
  readonly bytes: number;
  readonly milliseconds: number;
}

export interface GrowthLimits {
  /** Size of the first input measured, and of the largest. */
  readonly smallest: number;
  readonly largest: number;
  /** Below this a time says nothing. */
  readonly significant: number;
  /** Beyond this no larger input is tried. */
  readonly enough: number;
}

export const GROWTH_LIMITS: GrowthLimits = { smallest: 4096, largest: 1 << 20, significant: 50, enough: 400 };

/** Time may grow with this power of the size before it counts as a finding: 1 is linear, 2 quadratic; memory adds to both. */
const STEEPEST = 1.7;

/** Repeats some part of `input`: as it is, with a number in it that counts, or as brackets around the rest. */
export function growing(input: Buffer, random: Random, unit: "lines" | "bytes"): Growing {
  const [start, end] = unit === "lines" ? lineRange(input, random) : byteRange(input, random);
  const [head, part, tail] = [input.subarray(0, start), input.subarray(start, end), input.subarray(end)];
  const shape = random.below(4);
  if (shape === 0) return (times) => Buffer.concat([head, ...repeated(part, times), tail]);
  if (shape === 3) {
    const middle = random.below(part.length + 1);
    const [open, close] = [part.subarray(0, middle), part.subarray(middle)];
    return (times) => Buffer.concat([head, ...repeated(open, times), ...repeated(close, times), tail]);
  }
  const at = placeForNumber(part, random);
  return (times) => Buffer.concat([head, ...numbered(part, at, times), tail]);
}

function repeated(part: Buffer, times: number): Buffer[] {
  return Array.from({ length: times }, () => part);
}

function numbered(part: Buffer, at: number, times: number): Buffer[] {
  const [before, after] = [part.subarray(0, at), part.subarray(at)];
  return Array.from({ length: times }, (_, index) =>
    Buffer.concat([before, Buffer.from(String(index)), after]),
  );
}

/** Behind a letter or digit, so that names differ. */
function placeForNumber(part: Buffer, random: Random): number {
  const places = [...part.toString("latin1").matchAll(/[A-Za-z0-9]/g)].map((match) => match.index + 1);
  return places.length > 0 ? random.pick(places) : random.below(part.length + 1);
}

function byteRange(input: Buffer, random: Random): [number, number] {
  const start = random.below(input.length + 1);
  return [start, start + random.skewed(input.length - start)];
}

function lineRange(input: Buffer, random: Random): [number, number] {
  const starts = [0];
  for (let at = input.indexOf(10); at >= 0; at = input.indexOf(10, at + 1)) starts.push(at + 1);
  const first = random.below(starts.length);
  const last = Math.min(starts.length - 1, first + 1 + random.skewed(3));
  return [starts[first]!, last > first ? starts[last]! : input.length];
}

export interface SteepGrowth {
  readonly figures: readonly Measurement[];
  /** The largest input measured. */
  readonly input: Buffer;
}

/**
 * Measures inputs of doubling size. Gives the figures where time grows faster than it may, else undefined. A first suspicion
 * is measured again, so that a busy machine makes no finding.
 */
export async function steepGrowth(
  grow: Growing,
  measure: (input: Buffer) => Promise<number>,
  limits: GrowthLimits = GROWTH_LIMITS,
): Promise<SteepGrowth | undefined> {
  const inputs = doublings(grow, limits);
  const taken: Measurement[] = [];
  for (const input of inputs) {
    taken.push({ bytes: input.length, milliseconds: await measure(input) });
    if (taken.at(-1)!.milliseconds > limits.enough) break;
  }
  if (!isSteep(taken, limits)) return undefined;
  const confirmed: Measurement[] = [];
  for (const [index, { bytes }] of taken.entries()) {
    const again = [await measure(inputs[index]!), await measure(inputs[index]!)];
    confirmed.push({ bytes, milliseconds: Math.min(taken[index]!.milliseconds, ...again) });
  }
  return isSteep(confirmed, limits)
    ? { figures: confirmed, input: inputs[confirmed.length - 1]! }
    : undefined;
}

function doublings(grow: Growing, limits: GrowthLimits): Buffer[] {
  const perPart = grow(9).length - grow(8).length;
  if (perPart <= 0) return [];
  const inputs: Buffer[] = [];
  let times = Math.max(1, Math.ceil(limits.smallest / perPart));
  for (let input = grow(times); input.length <= limits.largest; input = grow(times)) {
    inputs.push(input);
    times *= 2;
  }
  return inputs;
}

/** Compares the last size with a quarter of it. */
function isSteep(taken: readonly Measurement[], { significant }: GrowthLimits): boolean {
  const [small, , large] = taken.slice(-3);
  if (!small || !large || large.milliseconds < significant) return false;
  return exponentBetween(small, large) > STEEPEST;
}

/** The power of the size with which time grows from one measurement to the other. */
export function exponentBetween(small: Measurement, large: Measurement): number {
  const time = large.milliseconds / Math.max(small.milliseconds, 0.5);
  return Math.log(time) / Math.log(large.bytes / small.bytes);
}
