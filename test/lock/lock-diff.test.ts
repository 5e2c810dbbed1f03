import { describe, expect, it } from "vitest";
import { diffLocks, diffText } from "../../src/lock/lock-diff.ts";
import type { LockEntries } from "../../src/lock/lock-entries.ts";

const A = `sha256:${"a".repeat(64)}` as const;
const B = `sha256:${"b".repeat(64)}` as const;
const NONE: LockEntries = { images: {}, urls: {}, git: {} };

describe("what is different between two locks", () => {
  it("nothing, where only the order of names differs", () => {
    const one = { ...NONE, images: { i: { digest: A, platforms: { a: A, b: B } } } };
    const other = { ...NONE, images: { i: { platforms: { b: B, a: A }, digest: A } } };
    expect(diffLocks(one, other)).toEqual([]);
  });

  it("is told by source, old and new", () => {
    const before: LockEntries = {
      images: { old: { digest: A, platforms: { "linux/amd64": A } } },
      urls: { u: { checksum: A, size: 1 } },
      git: { g: { commit: "1".repeat(40), ref: "refs/heads/main" } },
    };
    const after: LockEntries = {
      images: { now: { digest: B, platforms: { "linux/amd64": B } } },
      urls: { u: { checksum: B, size: 1, modified: "2024-01-31T12:00:00Z" } },
      git: { g: { commit: "2".repeat(40), ref: "refs/heads/main" } },
    };
    const changes = diffLocks(before, after);
    expect(changes.map(({ kind, section, name }) => `${kind} ${section} ${name}`)).toEqual([
      "added images now",
      "removed images old",
      "changed urls u",
      "changed git g",
    ]);
    expect(diffText(changes)).toBe(
      [
        "+ image now",
        `    digest: ${B}`,
        `    linux/amd64: ${B}`,
        "- image old",
        `    digest: ${A}`,
        `    linux/amd64: ${A}`,
        "~ url u",
        `    checksum: ${A}`,
        `           -> ${B}`,
        "    modified: 2024-01-31T12:00:00Z (new)",
        "~ git g",
        `    commit: ${"1".repeat(40)}`,
        `         -> ${"2".repeat(40)}`,
        "",
      ].join("\n"),
    );
  });

  it("names like those of every object are names like any other", () => {
    const entry = { checksum: A, size: 1 };
    const one = { ...NONE, urls: Object.fromEntries([["__proto__", entry]]) };
    expect(diffLocks(NONE, one)).toHaveLength(1);
    expect(diffLocks(one, one)).toEqual([]);
    expect(diffLocks(NONE, { ...NONE, urls: { constructor: entry } })).toHaveLength(1);
  });
});
