import { describe, expect, it } from "vitest";
import { exponentBetween, growing, steepGrowth } from "../../fuzz/engine/growth.ts";
import { minimise } from "../../fuzz/engine/minimise.ts";
import { BYTE_MUTATORS, LARGEST_INPUT, mutate } from "../../fuzz/engine/mutate.ts";
import { Random } from "../../fuzz/engine/random.ts";
import { Violation } from "../../fuzz/engine/target.ts";
import { judge } from "../../fuzz/engine/verdict.ts";
import { TARGETS, targetNamed } from "../../fuzz/targets/index.ts";
import { SlipwayError } from "../../src/core/errors.ts";

const LIMITS = { smallest: 64, largest: 4096, significant: 50, enough: 100_000 };

describe("inputs", () => {
  it.each(TARGETS.map(({ name }) => name))("of %s are the same for the same seed", (name) => {
    const inputs = () => {
      const random = new Random(7);
      return Array.from({ length: 20 }, () =>
        Buffer.from(targetNamed(name).generate(random)).toString("base64"),
      );
    };
    expect(inputs()).toEqual(inputs());
  });

  it("are changed within bounds, and otherwise for another seed", () => {
    const [a, b] = [1, 2].map((seed) => {
      let input: Buffer = Buffer.from("FROM scratch\nENV a=1\n");
      const context = { random: new Random(seed), other: Buffer.from("COPY x y\n"), words: ["$A"] };
      for (let i = 0; i < 300; i++) {
        input = mutate(input, BYTE_MUTATORS, context);
        expect(input.length).toBeLessThanOrEqual(LARGEST_INPUT);
      }
      return input.toString("base64");
    });
    expect(a).not.toBe(b);
  });

  it("are minimised to what matters", async () => {
    const input = Buffer.from("some text before, then the KEY that matters, and 12345 more");
    const smallest = await minimise(input, async (candidate) => candidate.includes("KEY"), 1000);
    expect(smallest.toString()).toBe("KEY");
  });

  it("are tried no more often than allowed while they are minimised", async () => {
    let tried = 0;
    const reproduces = async () => {
      tried++;
      return false;
    };
    await minimise(Buffer.alloc(500, "x"), reproduces, 50);
    expect(tried).toBe(50);
  });
});

describe("verdicts", () => {
  it("a SlipwayError with a code is an answer; a defect, another error and a violation are findings", () => {
    expect(judge(new SlipwayError("USAGE", "no"))).toBeUndefined();
    expect(judge(new SlipwayError("INTERNAL", "no"))?.kind).toBe("untyped error");
    expect(judge(new TypeError("x is not a function"))?.kind).toBe("untyped error");
    expect(judge("text")?.kind).toBe("untyped error");
    expect(judge(new Violation("two ids are the same"))?.kind).toBe("violation");
  });

  it("what differs in quoted texts and numbers only is the same finding", () => {
    expect(judge(new Violation('"a" has 3 lines'))?.key).toBe(judge(new Violation('"bc" has 17 lines'))?.key);
  });
});

describe("growth", () => {
  const lines = (times: number) => Buffer.alloc(times * 16, "x");

  it("that is quadratic is found, with its figures", async () => {
    const found = await steepGrowth(lines, async ({ length }) => (length / 64) ** 2, LIMITS);
    expect(found?.figures.at(-1)).toEqual({ bytes: 4096, milliseconds: 4096 });
    expect(found?.input.length).toBe(4096);
  });

  it.each([
    ["linear", (bytes: number) => bytes],
    ["little more than linear", (bytes: number) => bytes * Math.log2(bytes)],
    ["too short to tell", (bytes: number) => (bytes / 4096) ** 2],
  ])("that is %s is none", async (_, time) => {
    expect(await steepGrowth(lines, async ({ length }) => time(length), LIMITS)).toBeUndefined();
  });

  it("that only a busy machine made is not confirmed", async () => {
    const seen = new Set<number>();
    const measure = async ({ length }: Buffer) => {
      const isFirst = !seen.has(length);
      seen.add(length);
      return isFirst ? (length / 64) ** 2 : length / 64;
    };
    expect(await steepGrowth(lines, measure, LIMITS)).toBeUndefined();
  });

  it("is told as the power of the size", () => {
    const at = (bytes: number, milliseconds: number) => ({ bytes, milliseconds });
    expect(exponentBetween(at(100, 10), at(400, 40))).toBeCloseTo(1);
    expect(exponentBetween(at(100, 10), at(400, 160))).toBeCloseTo(2);
  });

  it("repeats parts of an input: the more often, the larger it is", () => {
    const input = Buffer.from("FROM scratch\nENV a=1\nRUN x\n");
    for (let seed = 0; seed < 50; seed++) {
      const grow = growing(input, new Random(seed), seed % 2 === 0 ? "lines" : "bytes");
      expect(grow(20).length).toBeGreaterThanOrEqual(grow(10).length);
    }
  });
});
