import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONTRACT_SCHEMA } from "../../src/preflight/contract-schema.ts";
import { parseContract } from "../../src/preflight/parse-contract.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";

const read = (name: string) => readFileSync(join(PROJECT_ROOT, name), "utf8");

describe("what is published about contracts", () => {
  it("docs/preflight.schema.json is the schema that contracts are checked with", () => {
    expect(JSON.parse(read("docs/preflight.schema.json"))).toEqual(CONTRACT_SCHEMA);
  });

  it("the contract in docs/preflight.md is one, and names every part", () => {
    const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(read("docs/preflight.md")) ?? [];
    const { label } = parseContract(example, "preflight.md");
    expect(Object.keys(JSON.parse(label)).sort()).toEqual(Object.keys(CONTRACT_SCHEMA.properties!).sort());
  });
});
