import { describe, expect, it } from "vitest";
import { explainMiss } from "../../src/cache/explain.ts";
import { type InputEntry, keyOf, type StepInputs } from "../../src/cache/inputs.ts";
import { decodeInputs, encodeInputs } from "../../src/cache/record.ts";

const DIGEST = "0123456789abcdef".repeat(4);

const ENTRIES: readonly InputEntry[] = [
  ["", "d 755 0:0"],
  ["a/b", `f 644 0:0 ${DIGEST}`],
  ["a/\u{1f600}", `f 644 0:0 ${DIGEST}`],
  ["a/\u{1f601}", `f 644 0:0 ${DIGEST} same as "a/b"`],
  ["a/\udc80", 'l 777 0:0  "to\\nsomewhere"'],
  [`${"x".repeat(400)}/y`, DIGEST],
  [`${"x".repeat(400)}/z`, ""],
];

const INPUTS: StepInputs = {
  tag: "copy/2",
  parent: `sha256:${DIGEST}`,
  fields: { instruction: "COPY", link: false, chown: null, excludes: ["a", "b\nc"] },
  files: [
    { from: "context", selector: "x\n", entries: ENTRIES },
    { from: "stage a", selector: "", entries: [] },
    { from: "context", selector: "z", entries: [["z", "d 755 0:0"]] },
  ],
};

function plain(inputs: StepInputs | undefined): unknown {
  return inputs && { ...inputs, files: inputs.files.map((set) => ({ ...set, entries: [...set.entries] })) };
}

describe("the inputs of the last run", () => {
  it("are read as they were written, any number of times", () => {
    const decoded = decodeInputs(encodeInputs(INPUTS))!;
    expect(plain(decoded)).toEqual(plain(INPUTS));
    expect(plain(decoded)).toEqual(plain(INPUTS));
    expect(keyOf(decoded)).toBe(keyOf(INPUTS));
  });

  it("count as absent where they are cut off, and are never half of what they were", () => {
    const encoded = encodeInputs(INPUTS);
    for (let length = 0; length < encoded.length; length++)
      expect(decodeInputs(encoded.subarray(0, length))).toBeUndefined();
    expect(decodeInputs(undefined)).toBeUndefined();
    expect(decodeInputs(Buffer.from(JSON.stringify({ ...INPUTS, files: [] })))).toBeUndefined();
  });

  it("explain a miss however they are damaged", () => {
    const encoded = Buffer.from(encodeInputs(INPUTS));
    for (let at = 0; at < encoded.length; at++) {
      const damaged = Buffer.from(encoded);
      damaged[at] = damaged[at]! ^ 0xff;
      expect(explainMiss(decodeInputs(damaged), INPUTS).reason).not.toBe("");
    }
  });
});

describe("files that came and went are told apart from those that stayed", () => {
  const files = (paths: readonly string[]): StepInputs => ({
    ...INPUTS,
    files: [{ from: "context", selector: "", entries: paths.map((path) => [path, "f 644 0:0"] as const) }],
  });

  it.each([
    [["a", "b", "c"], ["b", "c"], ["a"]],
    [["b", "c"], ["a", "b", "c"], ["a"]],
    [
      ["a", "b", "c", "d"],
      ["d", "a", "b", "e"],
      ["e", "c"],
    ],
    [[], ["a"], ["a"]],
    [["a"], [], ["a"]],
  ])("from %j to %j", (before, now, names) => {
    expect(explainMiss(files(before), files(now)).changed.map(({ name }) => name)).toEqual(names);
  });
});
