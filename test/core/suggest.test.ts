import { describe, expect, it } from "vitest";
import { editDistance, suggest } from "../../src/core/suggest.ts";

describe("suggest", () => {
  it("LX-26: finds the instruction that is at most two edits away", () => {
    expect(suggest("FORM", ["RUN", "FROM", "COPY"])).toBe("FROM");
    expect(suggest("ENTRYPONT", ["ENV", "ENTRYPOINT"])).toBe("ENTRYPOINT");
    expect(suggest("BOGUS", ["RUN", "FROM", "COPY"])).toBeUndefined();
  });

  it("prefers the closest candidate, and the first of equals", () => {
    expect(suggest("chmo", ["chown", "chmod"])).toBe("chmod");
    expect(suggest("ab", ["ac", "ad"])).toBe("ac");
  });

  it("never suggests the word itself, and honours the distance given", () => {
    expect(suggest("RUN", ["RUN"])).toBeUndefined();
    expect(suggest("RUM", ["RUN"], 0)).toBeUndefined();
  });

  it("gives up early on long words", () => {
    expect(editDistance("x".repeat(50_000), "y".repeat(50_000), 2)).toBeUndefined();
    expect(editDistance("kitten", "sitting", 3)).toBe(3);
  });
});
