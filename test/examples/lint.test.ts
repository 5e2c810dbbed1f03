import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { contextOf } from "../lint/context-of.ts";
import { adviceOf } from "../lint/rules-of.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";

const ROOT = join(PROJECT_ROOT, "examples");
const ALL = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((name) => statSync(join(ROOT, name)).isFile())
  .sort();
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");

describe("the examples", () => {
  const dockerfiles = ALL.filter((name) => /(?:^|\/)Dockerfile$|\.df$/.test(name));

  it("are found", () => expect(dockerfiles.length).toBeGreaterThan(9));

  it.each(dockerfiles)("%s: lint has nothing to say that a reason does not answer", (name) => {
    const folder = dirname(name);
    const inside = ALL.filter((one) => one.startsWith(`${folder}/`));
    const context = contextOf(
      Object.fromEntries(inside.map((one) => [one.slice(folder.length + 1), read(one)])),
    );
    const found = adviceOf(read(name), { context, baseConfig: {} });
    expect(found.map(({ rule, source }) => `${rule}, line ${source.start}`)).toEqual([]);
    // Whatever is silenced says why.
    for (const [line] of read(name).matchAll(/^# check=.*/gm))
      expect(line).toMatch(/^# check=skip=\S+ \w+ \w+/);
  });
});
