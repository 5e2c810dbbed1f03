import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ADVICE, type AdviceRule, advicePage } from "../../src/lint/catalogue.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";
import { contextOf } from "./context-of.ts";
import { rulesOf } from "./rules-of.ts";

/** What lies beside the examples. */
const context = contextOf({
  ".env": "KEY=value\n",
  ".git/HEAD": "ref: refs/heads/main\n",
  "app.conf": "a=b\n",
  app: "program",
  "package.json": "{}",
  "package-lock.json": "{}",
  "src/main.js": "run()\n",
});
const RULES = Object.keys(ADVICE) as AdviceRule[];

describe("docs/lint", () => {
  it("has one page for each rule, and an index that names them all", () => {
    const pages = readdirSync(join(PROJECT_ROOT, "docs/lint")).map((name) => `docs/lint/${name}`);
    expect(pages.sort()).toEqual([...RULES.map(advicePage), "docs/lint/README.md"].sort());
    const index = readFileSync(join(PROJECT_ROOT, "docs/lint/README.md"), "utf8");
    for (const rule of RULES) expect(index).toContain(`[${rule}](`);
  });

  it.each(RULES)("%s: the page's first example is found, the second one is not", (rule) => {
    const page = readFileSync(join(PROJECT_ROOT, advicePage(rule)), "utf8");
    const [found = "", mended = ""] = [...page.matchAll(/```dockerfile\n([^`]*)```/g)].map(
      (match) => match[1],
    );
    expect(page).toContain(`Severity: ${ADVICE[rule].severity}.`);
    expect(rulesOf(found, { context })).toContain(rule);
    expect(rulesOf(mended, { context })).not.toContain(rule);
    expect(rulesOf(`# check=skip=${rule}\n${found}`, { context })).not.toContain(rule);
  });
});
