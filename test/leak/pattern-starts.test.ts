import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { PatternStarts } from "../../src/leak/pattern-starts.ts";

const LINE = Buffer.from(
  "[ 12%] Building CXX object src/foo/bar/baz.cc.o, and what else a line of a log says\n",
);

function pattern(bytes: Buffer | string, wrapped = false) {
  return { bytes: Buffer.from(bytes as string), wrapped };
}

it("at most places of a log none of many patterns has to be looked at", () => {
  const starts = new PatternStarts(Array.from({ length: 500 }, () => pattern(randomBytes(200))));
  const looked = Array.from(LINE, (_, at) => starts.at(LINE, at).length).reduce((sum, count) => sum + count);
  // By chance: 500 patterns, 84 pairs out of 65,536. The last byte has no second one yet.
  expect(looked).toBeLessThan(50);
});

it("knows those that may begin there: by one byte at the end, and with a line break after the first", () => {
  const starts = new PatternStarts([pattern("abc"), pattern("abd"), pattern("axe", true), pattern("bcd")]);
  expect(starts.at(Buffer.from("xab"), 1)).toEqual([0, 1]);
  expect(starts.at(Buffer.from("xa"), 1)).toEqual([0, 1, 2]);
  expect(starts.at(Buffer.from("a\nx"), 0)).toEqual([2]);
  expect(starts.at(Buffer.from("a\r\nx"), 0)).toEqual([2]);
  expect(starts.at(Buffer.from("zz"), 0)).toEqual([]);
});
