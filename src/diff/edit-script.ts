/** A stretch of two sequences that differs: `[start, end)` in each; one of them may be empty. */
export interface Region {
  readonly beforeStart: number;
  readonly beforeEnd: number;
  readonly afterStart: number;
  readonly afterEnd: number;
}

/** Beyond so many differences, or so many comparisons, the rest counts as different altogether. */
const MOST_DIFFERENCES = 1000;
const MOST_WORK = 30_000_000;

/**
 * The stretches in which two sequences differ, in order: as few insertions and deletions as there can be (E. Myers, "An O(ND) difference
 * algorithm", 1986), unless there are very many.
 */
export function editScript(before: readonly string[], after: readonly string[]): readonly Region[] {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const inner = {
    before: before.slice(start, before.length - end),
    after: after.slice(start, after.length - end),
  };
  const whole: Region = { beforeStart: start, beforeEnd: start, afterStart: start, afterEnd: start };
  const { length: removed } = inner.before;
  const { length: added } = inner.after;
  if (removed === 0 && added === 0) return [];
  const all = { ...whole, beforeEnd: start + removed, afterEnd: start + added };
  if (removed === 0 || added === 0) return [all];
  const trace = furthestPaths(inner.before, inner.after);
  return trace ? regionsOf(trace, removed, added, start) : [all];
}

/** For each number of differences how far each diagonal was reached before that step; undefined where it takes too much. */
function furthestPaths(a: readonly string[], b: readonly string[]): Int32Array[] | undefined {
  const most = Math.min(a.length + b.length, MOST_DIFFERENCES);
  const middle = most + 1;
  const reached = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  let work = 0;
  for (let d = 0; d <= most; d++) {
    trace.push(reached.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const goesDown = k === -d || (k !== d && reached[middle + k - 1]! < reached[middle + k + 1]!);
      let x = goesDown ? reached[middle + k + 1]! : reached[middle + k - 1]! + 1;
      const from = x;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      work += x - from + 1;
      reached[middle + k] = x;
      if (x >= a.length && x - k >= b.length) return trace;
    }
    if (work > MOST_WORK) return undefined;
  }
  return undefined;
}

/** Goes back along the path that arrived. */
function regionsOf(trace: readonly Int32Array[], aLength: number, bLength: number, offset: number): Region[] {
  const regions: Region[] = [];
  let [x, y] = [aLength, bLength];
  for (let d = trace.length - 1; d > 0; d--) {
    const reached = trace[d]!;
    const at = (k: number) => reached[k + d + 1]!;
    const k = x - y;
    const goesDown = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const fromK = goesDown ? k + 1 : k - 1;
    const [fromX, fromY] = [at(fromK), at(fromK) - fromK];
    const [toX, toY] = goesDown ? [fromX, fromY + 1] : [fromX + 1, fromY];
    const next = regions.at(-1);
    if (next && next.beforeStart === offset + toX && next.afterStart === offset + toY)
      regions[regions.length - 1] = { ...next, beforeStart: offset + fromX, afterStart: offset + fromY };
    else
      regions.push({
        beforeStart: offset + fromX,
        beforeEnd: offset + toX,
        afterStart: offset + fromY,
        afterEnd: offset + toY,
      });
    [x, y] = [fromX, fromY];
  }
  return regions.reverse();
}
