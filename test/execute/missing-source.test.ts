import { describe, expect, it } from "vitest";
import { parseIgnoreFile } from "../../src/context/ignore-rules.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import { missingSource } from "../../src/execute/missing-source.ts";
import { similarPath } from "../../src/execute/similar-path.ts";
import { MemoryTree } from "./memory-tree.ts";

const TREE = new MemoryTree({
  "README.md": "r",
  "src/main.ts": "m",
  "src/lib/util.ts": "u",
  "app/package.json": "{}",
  "deep/er/still/package.json": "{}",
  link: { link: "../outside" },
});

/** The hint for a path that is not in the context. */
function hint(
  written: string,
  tree: ConstructorParameters<typeof MemoryTree>[0] | undefined = undefined,
): string {
  const searched = tree ? new MemoryTree(tree) : TREE;
  const path = written.replace(/^[./]+/, "");
  const error = missingSource(Object.assign(searched, { hiddenBy: () => undefined }), path, written);
  expect([error.code, error.facts.path]).toEqual(["SOURCE_NOT_FOUND", `/${path}`]);
  return error.hint!;
}

describe("CP-12, MT-08: a source that is not there", () => {
  it("is one that an ignore rule hides: its file, line and text, and what would keep it", () => {
    const rules = parseIgnoreFile(Buffer.from("# x\n*.log\n"), "Dockerfile.dockerignore");
    const tree = Object.assign(new MemoryTree({}), { hiddenBy: (path: string) => rules.explain(path) });
    const error = missingSource(tree, "a/b.log", "a/b.log");
    expect(error.message).toBe('failed to calculate checksum of ref context: "/a/b.log": not found');
    expect(missingSource(tree, "b.log", "b.log").hint).toBe(
      "it is there, but line 2 of Dockerfile.dockerignore (*.log) leaves it out of the build context; a line !b.log below that one keeps it",
    );
  });

  it.each([
    ["readme.md", 'there is "README.md": upper and lower case are different'],
    ["SRC/Main.ts", 'there is "src/main.ts": upper and lower case are different'],
    ["scr/main.ts", 'did you mean "src/main.ts"?'],
    ["src/mian.ts", 'did you mean "src/main.ts"?'],
    ["package.json", 'there is "app/package.json": paths are looked up from the root of the context'],
    ["lib/util.ts", 'there is "src/lib/util.ts": paths are looked up from the root of the context'],
    ["project/src/main.ts", 'there is "src/main.ts": paths are looked up from the root of the context'],
    ["README.md/x", '"README.md" is not a folder, so nothing can be below it'],
    ["link", '"link" is a symbolic link to "../outside", which is not in the context'],
    ["link/x", '"link" is a symbolic link to "../outside", which is not in the context'],
    ["zzz", "the context has README.md, app, deep, link, src"],
    [
      "/etc/zzz",
      "`/` is the root of the context, not of this machine; the context has README.md, app, deep, link, src",
    ],
    ["src/zzz", '"src" of the context has lib, main.ts'],
  ])("%s: %s", (path, expected) => {
    expect(hint(path)).toBe(expected);
  });

  it("is above the context, where nothing can be copied from", () => {
    expect(hint("../x")).toMatch(/^`\.\.` stops at the root of the context/);
    expect(hint("src/../../x")).toMatch(/^`\.\.` stops at the root of the context/);
    expect(hint("src/../x")).not.toMatch(/^`\.\.`/);
  });

  it("is in an empty context, or one with too many names to tell", () => {
    expect(hint("x", {})).toBe("the context is empty");
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`file-${i + 10}`, ""]));
    expect(hint("zzz", many)).toBe(
      "the context has file-10, file-11, file-12, file-13, file-14, file-15, file-16, file-17 and 4 more",
    );
  });

  it("and names with control characters are shown escaped", () => {
    const error = missingSource(new MemoryTree({ "a\u001b[31mc": "" }), "a\u001b[31mb", "");
    expect(error.message).toContain('"/a\\u001b[31mb"');
    expect(error.hint).toBe('did you mean "a\\u001b[31mc"?');
  });

  it("in a folder that cannot be read still is a source that is not there", () => {
    const tree = new MemoryTree({ "closed/x": "", "open/wanted": "" });
    const list = tree.list.bind(tree);
    tree.list = (path) => {
      if (path === "closed") throw new SlipwayError("PERMISSION_DENIED", "no");
      return list(path);
    };
    expect(similarPath(tree, "wanted")).toEqual({ path: "open/wanted", differs: "folders" });
  });
});
