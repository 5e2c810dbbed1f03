import { describe, expect, it } from "vitest";
import { growth, median, ratio, summarise } from "../../bench/measure/statistics.ts";
import { judgeCurve } from "../../bench/scaling/judge.ts";

describe("statistics", () => {
  it("finds the middle of odd and even numbers of values", () => {
    expect(median([10, 1, 2])).toBe(2);
    expect(median([10, 1, 2, 4])).toBe(3);
    expect(() => median([])).toThrow(RangeError);
  });

  it("keeps every value, in order, beside median, least and most", () => {
    expect(summarise([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, all: [3, 1, 2] });
  });

  it("gives no ratio where one side is missing", () => {
    expect(ratio(1, 4)).toBe(0.25);
    expect(ratio(undefined, 4)).toBeUndefined();
    expect(ratio(1, undefined)).toBeUndefined();
  });

  it("finds the power by which time grows", () => {
    const grown = (power: number) => [1, 10, 100].map((work) => ({ work, time: 3 * work ** power }));
    expect(growth(grown(1))).toBeCloseTo(1);
    expect(growth(grown(2))).toBeCloseTo(2);
    expect(growth([{ work: 1, time: 1 }])).toBeUndefined();
  });

  it("says where time grows faster than the work, and where memory passes the limit", () => {
    const points = (power: number, memory: number) =>
      [1, 10, 100].map((work) => ({ label: `${work}`, work, time: work ** power, memory }));
    expect(judgeCurve(points(1, 249e6))).toMatchObject({ growsFaster: false, memoryHolds: true });
    expect(judgeCurve(points(1.2, 251e6))).toMatchObject({ growsFaster: true, memoryHolds: false });
  });
});
