import { expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import { Owned } from "../../src/plan/owned.ts";

it("what has been passed on is of use to its newest holder only", () => {
  const first = new Owned([1]);
  const second = first.changed((list) => list.push(2));
  expect(second.content).toEqual([1, 2]);
  expect(() => first.content).toThrow(SlipwayError);
  expect(() => first.changed(() => {})).toThrow(expect.objectContaining({ code: "INTERNAL" }));
});

it("a change that fails leaves the holder what it had", () => {
  const holder = new Owned([1]);
  expect(() =>
    holder.changed(() => {
      throw new SlipwayError("USAGE", "no");
    }),
  ).toThrow("no");
  expect(holder.content).toEqual([1]);
});
