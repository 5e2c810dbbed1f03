import { describe, expect, it } from "vitest";
import { editScript } from "../../src/diff/edit-script.ts";
import { unifiedDiff } from "../../src/diff/unified.ts";
import { fc } from "../support/property.ts";

const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 14 });

/** Length of the longest common subsequence. */
function common(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    for (const [j, y] of b.entries()) next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row[b.length]!;
}

describe("the difference of two sequences", () => {
  it("leads from one to the other, with as few insertions and deletions as there can be", () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const regions = editScript(before, after);
        let [at, size] = [0, 0];
        const made: string[] = [];
        for (const region of regions) {
          made.push(...before.slice(at, region.beforeStart));
          expect(made.length).toBe(region.afterStart);
          made.push(...after.slice(region.afterStart, region.afterEnd));
          at = region.beforeEnd;
          size += region.beforeEnd - region.beforeStart + region.afterEnd - region.afterStart;
        }
        made.push(...before.slice(at));
        expect(made).toEqual(after);
        expect(size).toBe(before.length + after.length - 2 * common(before, after));
      }),
      { numRuns: 500 },
    );
  });

  it("is everything between the first and the last difference where there are very many", () => {
    const before = Array.from({ length: 5000 }, (_, i) => (i === 2500 ? "same" : `a${i}`));
    const after = Array.from({ length: 4000 }, (_, i) => (i === 2500 ? "same" : `b${i}`));
    expect(editScript(["x", ...before, "y"], ["x", ...after, "y"])).toEqual([
      { beforeStart: 1, beforeEnd: 5001, afterStart: 1, afterEnd: 4001 },
    ]);
  });
});

describe("a unified difference", () => {
  const of = (before: string, after: string) =>
    unifiedDiff({ beforeName: "a/f", afterName: "b/f", before, after });

  it("is what diff -u writes", () => {
    const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n";
    const after = before.replace("2\n", "").replace("12\n", "12\nnew\n");
    expect(of(before, after)).toBe(
      "--- a/f\n+++ b/f\n@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n@@ -10,6 +9,7 @@\n 10\n 11\n 12\n+new\n 13\n 14\n 15\n",
    );
  });

  it("marks a last line without an end, and names the line before an empty range", () => {
    expect(of("a\nb", "a\nb\n")).toBe(
      "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n",
    );
    expect(of("", "a\n")).toBe("--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
    expect(of("a\n", "")).toBe("--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-a\n");
    expect(of("a\n", "a\n")).toBe("");
  });

  it("has differences that are close to each other in one hunk", () => {
    const text = (first: string, second: string) => `${first}\n1\n2\n3\n4\n5\n6\n${second}\n`;
    expect(of(text("a", "b"), text("x", "y")).match(/^@@/gm)).toHaveLength(1);
    expect(of(text("a", "0\nb"), text("x", "0\ny")).match(/^@@/gm)).toHaveLength(2);
  });
});
