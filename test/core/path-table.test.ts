import { describe, expect, it } from "vitest";
import { comparePaths } from "../../src/core/file-name.ts";
import { PathTable } from "../../src/core/path-table.ts";

/** Names of every kind: ASCII, longer UTF-8, and bytes that are no UTF-8 (as `decodeName` gives them). */
const NAMES = ["a", "b", "a.b", "a-b", "ä", "語", "\u{1f600}", "\udc80", "\udcff", "\ufffd", "z".repeat(300)];
const PATHS = ["", ...NAMES, ...NAMES.flatMap((a) => NAMES.map((b) => `${a}/${b}`))];

describe("a table of paths", () => {
  it("numbers paths in the order in which they come, each once, and gives them back as they were", () => {
    const table = new PathTable();
    for (const [index, path] of PATHS.entries()) expect(table.add(path)).toBe(index);
    for (const [index, path] of PATHS.entries()) {
      expect(table.add(path)).toBe(index);
      expect(table.indexOf(path)).toBe(index);
      expect(table.pathAt(index)).toBe(path);
    }
    expect(table.size).toBe(PATHS.length);
    expect(table.indexOf("a/nothing")).toBe(-1);
  });

  it("finds a hundred thousand paths, and none that is not there", () => {
    const table = new PathTable();
    const path = (i: number) => `some/folder${i % 100}/file${i}.txt`;
    for (let i = 0; i < 100_000; i++) table.add(path(i));
    expect(table.size).toBe(100_000);
    const wrong = Array.from({ length: 100_000 }, (_, i) => i).filter((i) => table.indexOf(path(i)) !== i);
    expect(wrong).toEqual([]);
    for (let i = 0; i < 1000; i++) expect(table.indexOf(`some/folder${i}/file.txt`)).toBe(-1);
  });

  it("orders paths as comparePaths does", () => {
    const table = new PathTable();
    for (const path of PATHS) table.add(path);
    for (const [a, left] of PATHS.entries())
      for (const [b, right] of PATHS.entries())
        expect(Math.sign(table.compare(a, b))).toBe(Math.sign(comparePaths(left, right)));
  });
});
