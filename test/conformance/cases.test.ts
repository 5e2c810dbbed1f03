import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadCases } from "../../conformance/src/case.ts";
import { KNOWN_DIFFERENCES } from "../../conformance/src/compare/known.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";

const CASES = join(PROJECT_ROOT, "conformance/cases");
const cases = loadCases(CASES);
const documented = new Set(
  [
    ...readFileSync(join(PROJECT_ROOT, "docs/compatibility.md"), "utf8").matchAll(
      /^\| ([A-Z]+-[A-Z\d-]+) \|/gm,
    ),
  ].map((match) => match[1]!),
);

describe("the written cases", () => {
  it("can all be read, and there are some", () => {
    expect(cases.length).toBeGreaterThan(10);
  });

  it("have a Dockerfile, or say where it is", () => {
    const without = cases.filter(
      ({ folder, spec }) =>
        !existsSync(join(folder, "Dockerfile")) &&
        !spec.args &&
        !spec.context &&
        !spec.stdin &&
        !prepares(folder),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it("cite only differences that docs/compatibility.md lists", () => {
    const cited = cases.flatMap(({ name, spec }) =>
      Object.keys(spec.differs ?? {}).map((id) => ({ name, id })),
    );
    expect(cited.filter(({ id }) => !documented.has(id))).toEqual([]);
    expect(KNOWN_DIFFERENCES.map(({ id }) => id).filter((id) => !documented.has(id))).toEqual([]);
  });

  it("lie in a folder for their area and nowhere else", () => {
    expect(cases.map(({ name }) => name).filter((name) => name.split("/").length !== 2)).toEqual([]);
    expect(readdirSync(CASES, { withFileTypes: true }).filter((entry) => !entry.isDirectory())).toEqual([]);
  });
});

function prepares(folder: string): boolean {
  return existsSync(join(folder, "prepare.sh"));
}
