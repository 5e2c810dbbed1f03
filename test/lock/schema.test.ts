import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeLock } from "../../src/lock/lock-entries.ts";
import { LOCK_SCHEMA } from "../../src/lock/lock-schema.ts";
import { parseLock } from "../../src/lock/parse-lock.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";

const read = (name: string) => readFileSync(join(PROJECT_ROOT, name), "utf8");

describe("what is published about locks", () => {
  it("docs/lock.schema.json is the schema that locks are checked with", () => {
    expect(JSON.parse(read("docs/lock.schema.json"))).toEqual(LOCK_SCHEMA);
  });

  it("the lock in docs/lock.md is one, as it would be written, and has every section", async () => {
    const [, example = ""] = /```json\n([\s\S]*?)```/.exec(read("docs/lock.md")) ?? [];
    const entries = await parseLock(example, "lock.md");
    expect(encodeLock(entries)).toBe(example);
    expect(Object.keys(JSON.parse(example))).toEqual(Object.keys(LOCK_SCHEMA.properties!));
  });
});
