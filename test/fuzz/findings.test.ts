import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judge } from "../../fuzz/engine/verdict.ts";
import { TARGETS } from "../../fuzz/targets/index.ts";

/** Inputs that once were findings, as the fuzzer wrote them: `<target>/<what it showed>`. */
const FOLDER = join(import.meta.dirname, "findings");

const targets = new Map(TARGETS.map((target) => [target.name, target]));

describe.each(readdirSync(FOLDER))("what the fuzzer found in %s", (name) => {
  it.each(readdirSync(join(FOLDER, name)))("%s", async (file) => {
    const found = await Promise.resolve(readFileSync(join(FOLDER, name, file)))
      .then((input) => targets.get(name)!.run(input))
      .then(() => undefined, judge);
    expect(found).toBeUndefined();
  });
});

describe.each([...targets.values()])("the seeds of $name", ({ run, seeds }) => {
  it("are no findings", async () => {
    for (const seed of seeds)
      expect(
        await Promise.resolve(seed)
          .then(run)
          .then(() => undefined, judge),
      ).toBeUndefined();
  });
});
