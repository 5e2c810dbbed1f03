import { describe, expect, it } from "vitest";
import { formatGoDuration, parseGoDuration } from "../../src/dockerfile/go-duration.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const parse = (line: string) =>
  parseDockerfile(`FROM x\nHEALTHCHECK ${line}`, "f").stages[0]!.instructions[0]!;
const problem = (line: string) =>
  failureOf(() => parse(line)).message.replace("dockerfile parse error on line 2: ", "");

describe("durations", () => {
  it.each([
    ["30s", 30e9],
    ["1m30s", 90e9],
    ["500ms", 5e8],
    ["1.5h", 5400e9],
    [".5s", 5e8],
    ["1.s", 1e9],
    ["+2us", 2000],
    ["-2s", -2e9],
    ["3µs4ns", 3004],
    ["3μs", 3000],
    ["0", 0],
    ["-0", 0],
    ["0s", 0],
    ["1.0000000001s", 1e9],
  ])("CF-17: %s", (text, nanoseconds) => {
    expect(parseGoDuration(text)).toBe(nanoseconds);
  });

  it.each([
    ["", 'time: invalid duration ""'],
    ["-", 'time: invalid duration "-"'],
    ["x", 'time: invalid duration "x"'],
    [".s", 'time: invalid duration ".s"'],
    ["1 s", 'time: unknown unit " s" in duration "1 s"'],
    ["5", 'time: missing unit in duration "5"'],
    ["5s3", 'time: missing unit in duration "5s3"'],
    ["5q", 'time: unknown unit "q" in duration "5q"'],
    ["1constructor", 'time: unknown unit "constructor" in duration "1constructor"'],
    ["9223372037s", 'time: invalid duration "9223372037s"'],
    [`${"9".repeat(50)}s`, `time: invalid duration "${"9".repeat(50)}s"`],
  ])("CF-17: %s is refused", (text, message) => {
    const error = failureOf(() => parseGoDuration(text));
    expect([error.code, error.message]).toEqual(["INSTRUCTION_INVALID", message]);
  });

  it.each([
    [0, "0s"],
    [30e9, "30s"],
    [90e9, "1m30s"],
    [3600e9, "1h0m0s"],
    [5400e9, "1h30m0s"],
    [1.5e9, "1.5s"],
    [5e8, "500ms"],
    [1_500_000, "1.5ms"],
    [1_001, "1.001µs"],
    [7, "7ns"],
    [-90e9, "-1m30s"],
    [61.5e9, "1m1.5s"],
  ])("CF-19: %d ns", (nanoseconds, text) => {
    expect(formatGoDuration(nanoseconds)).toBe(text);
  });
});

describe("HEALTHCHECK", () => {
  it("CF-16, LX-35: the three forms, in any case", () => {
    expect(parse("none")).toMatchObject({ test: ["NONE"], interval: 0, retries: 0 });
    expect(parse('cmd ["a", "b"]')).toMatchObject({ test: ["CMD", "a", "b"] });
    expect(parse("CMD curl  x || exit 1")).toMatchObject({ test: ["CMD-SHELL", "curl  x || exit 1"] });
  });

  it("CF-17: options in nanoseconds", () => {
    expect(
      parse("--interval=5m --timeout=3s --start-period=1m --start-interval=0s --retries=+3 CMD a"),
    ).toMatchObject({
      interval: 300e9,
      timeout: 3e9,
      startPeriod: 60e9,
      startInterval: 0,
      retries: 3,
    });
    expect(parse("--interval= --retries= CMD a")).toMatchObject({ interval: 0, retries: 0 });
    expect(parse("--timeout=1ms CMD a")).toMatchObject({ timeout: 1_000_000 });
  });

  it.each([
    ["NONE a", "HEALTHCHECK NONE takes no arguments"],
    ["foo a", 'Unknown type "FOO" in HEALTHCHECK (try CMD)'],
    ["CMD", "Missing command after HEALTHCHECK CMD"],
    ["CMD []", "Missing command after HEALTHCHECK CMD"],
    ["--interval=x CMD a", 'time: invalid duration "x"'],
    ["--interval=999us CMD a", 'Interval "interval" cannot be less than 1ms'],
    ["--start-period=-5s CMD a", 'Interval "start-period" cannot be less than 1ms'],
    ["--retries=-1 CMD a", "--retries cannot be negative (-1)"],
    ["--retries=x CMD a", 'strconv.ParseInt: parsing "x": invalid syntax'],
    ["--retries=2147483648 CMD a", 'strconv.ParseInt: parsing "2147483648": value out of range'],
  ])("CF-16, CF-17: %s", (line, message) => {
    expect(problem(line)).toBe(message);
  });
});
