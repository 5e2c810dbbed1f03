/**
 * The candidate closest to `word` by edit distance (insert, delete, replace: one each), or undefined where none is
 * within `maxDistance`. The first of several equally close ones wins, and `word` itself is never suggested.
 * Letter case counts: lower both sides first where it must not (SPEC LX-26, IN-01: "distance < 3").
 */
export function suggest(word: string, candidates: Iterable<string>, maxDistance = 2): string | undefined {
  let best: string | undefined;
  let limit = maxDistance;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const distance = editDistance(word, candidate, limit);
    if (distance === undefined) continue;
    best = candidate;
    limit = distance - 1;
    if (limit < 1) break;
  }
  return best;
}

/** Edit distance of two texts, or undefined once it is known to exceed `limit` (which keeps hostile long words cheap). */
export function editDistance(a: string, b: string, limit: number): number | undefined {
  if (Math.abs(a.length - b.length) > limit) return undefined;
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    if (Math.min(...current) > limit) return undefined;
    previous = current;
  }
  const distance = previous[b.length]!;
  return distance <= limit ? distance : undefined;
}
