/** Of measured seconds: the middle, and how far they spread. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** As they were measured, in order. */
  readonly all: readonly number[];
}

/** @throws RangeError where nothing was measured */
export function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: median(sorted), min: sorted[0]!, max: sorted.at(-1)!, all: values };
}

/** The middle value, or the mean of the two in the middle. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("there is no median of nothing");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** How `ours` compares with `theirs`: 0.5 is twice as fast. Undefined where either is missing or took no time. */
export function ratio(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || !theirs ? undefined : ours / theirs;
}

/**
 * The exponent e of time ~ work^e that fits best (least squares over logarithms): 1 grows as the work does, 2 with its square.
 * Undefined for fewer than two different amounts of work.
 */
export function growth(
  points: readonly { readonly work: number; readonly time: number }[],
): number | undefined {
  const logs = points.map(({ work, time }) => ({ x: Math.log(work), y: Math.log(time) }));
  const mean = (pick: (point: { x: number; y: number }) => number) =>
    logs.reduce((sum, point) => sum + pick(point), 0) / logs.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const spread = logs.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  if (logs.length < 2 || spread === 0) return undefined;
  return logs.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread;
}
