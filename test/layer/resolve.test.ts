import { describe, expect, it } from "vitest";
import { resolvePath } from "../../src/layer/resolve.ts";
import { linkTree } from "./entries.ts";

const TREE = linkTree({
  usr: undefined,
  "usr/lib": undefined,
  lib: "usr/lib",
  abs: "/usr/lib",
  "usr/lib/up": "../..",
  out: "../../../../etc",
  etc: undefined,
  one: "two",
  two: "one",
  self: "self/x",
  far: "/abs/../../usr",
  dot: "./lib/.",
});

const follow = (path: string) => resolvePath(TREE, path, { followLast: true }).path;
const keep = (path: string) => resolvePath(TREE, path, { followLast: false }).path;

it("a link whose target has more components than a call can have arguments", () => {
  const tree = linkTree({ long: `${"./".repeat(200_000)}end`, end: undefined });
  expect(resolvePath(tree, "long", { followLast: true }).path).toBe("end");
});

describe("resolving a path inside a tree", () => {
  it.each([
    ["/lib/x", "usr/lib/x"],
    ["lib", "usr/lib"],
    ["abs/./x//y", "usr/lib/x/y"],
    ["out", "etc"],
    ["out/../..", ""],
    ["../../usr", "usr"],
    ["lib/up/lib", "usr/lib"],
    ["far", "usr"],
    ["dot/x", "usr/lib/x"],
    ["missing/a/../b", "missing/b"],
    ["", ""],
  ])("%s is %s", (path, expected) => {
    expect(follow(path)).toBe(expected);
  });

  it("leaves a link in the last place alone where asked to, but not one before a slash", () => {
    expect(keep("lib")).toBe("lib");
    expect(resolvePath(TREE, "lib", { followLast: false }).entry?.linkTarget).toBe("usr/lib");
    expect(keep("lib/up")).toBe("usr/lib/up");
    expect(keep("lib/")).toBe("usr/lib");
  });

  it("says what is at the end", () => {
    expect(resolvePath(TREE, "lib", { followLast: true }).entry?.path).toBe("usr/lib");
    expect(resolvePath(TREE, "lib/none", { followLast: true }).entry).toBeUndefined();
  });

  it.each(["one", "self", "one/x"])("ends a circle of links with an error: %s", (path) => {
    expect(() => follow(path)).toThrow(expect.objectContaining({ code: "SYMLINK_LOOP" }));
  });
});
