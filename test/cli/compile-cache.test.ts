import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadProgram } from "../../src/cli/compile-cache.ts";
import { temporaryFolder } from "../support/folders.ts";

/** A program that tells its path and a number; long enough that V8 keeps something of it. */
function scene() {
  const folder = temporaryFolder();
  const file = join(folder, "program.js");
  writeFileSync(
    file,
    "exports.answer = () => 42; exports.file = __filename; exports.join = require('node:path').join;",
  );
  const cache = join(folder, "cache");
  const program = { file, id: "1", kind: "test", folder: cache };
  return { program, cache, only: () => join(cache, readdirSync(cache)[0]!) };
}

const load = (program: Parameters<typeof loadProgram>[0]) => {
  const { exports, keep } = loadProgram(program);
  return { keep, ...(exports as { answer: () => number; file: string; join: unknown }) };
};

describe("the compile cache", () => {
  it("runs the program as Node would, and keeps what was compiled", () => {
    const { program, only } = scene();
    const first = load(program);
    expect([first.answer(), first.file, typeof first.join]).toEqual([42, program.file, "function"]);
    first.keep();
    const kept = readFileSync(only());
    const second = load(program);
    expect(second.answer()).toBe(42);
    second.keep();
    expect(readFileSync(only())).toEqual(kept);
  });

  it("is not used when it is damaged, cut short, or somebody else could have written it", () => {
    const { program, only } = scene();
    load(program).keep();
    const whole = readFileSync(only());
    const damaged = Buffer.from(whole);
    damaged[whole.length >> 1]! ^= 0xff;
    for (const bytes of [damaged, whole.subarray(0, 100), Buffer.alloc(0)]) {
      writeFileSync(only(), bytes);
      const again = load(program);
      expect(again.answer()).toBe(42);
      again.keep();
      expect(readFileSync(only()).length).toBeGreaterThan(100);
    }
    chmodSync(only(), 0o666);
    load(program).keep();
    expect(statSync(only()).mode & 0o777).toBe(0o600);
  });

  it("of another program, or of other work, is another one", () => {
    const { program, cache } = scene();
    for (const other of [{}, { id: "2" }, { kind: "other" }]) load({ ...program, ...other }).keep();
    expect(readdirSync(cache)).toHaveLength(3);
  });

  it("that cannot be written is done without", () => {
    const { program } = scene();
    const { answer, keep } = load({ ...program, folder: join(program.file, "nowhere") });
    keep();
    expect(answer()).toBe(42);
  });
});
