import { describe, expect, it } from "vitest";
import { excludeRules } from "../../src/context/ignore-rules.ts";
import { ChangeSet } from "../../src/execute/copy/change-set.ts";
import { parseModeChange } from "../../src/execute/copy/chmod.ts";
import { type Placement, placeSource } from "../../src/execute/copy/place.ts";
import { cleanPath, selectSources } from "../../src/execute/copy/select.ts";
import { selectWithParents } from "../../src/execute/copy/select-parents.ts";
import { MemoryTree } from "./memory-tree.ts";

const CONTEXT = new MemoryTree({
  "d/": { mtime: 7 },
  "d/f": "f",
  "d/s/": { mode: 0o750, uid: 9, mtime: 8 },
  "d/s/g": "g",
  x: { text: "x", mode: 0o640 },
  "link-to-x": { link: "x" },
  "link-to-d": { link: "/d" },
  ".hidden": "h",
});

interface Flags {
  chown?: { uid: number; gid: number };
  chmod?: string;
  exclude?: string[];
  parents?: boolean;
  base?: MemoryTree;
  context?: MemoryTree;
}

/** Runs `COPY …args` against `base` and gives the changed paths with a short description. */
function copy(args: string[], flags: Flags = {}): Record<string, string> {
  const context = flags.context ?? CONTEXT;
  const destination = args.at(-1)!;
  const options = { excludes: flags.exclude ? excludeRules(flags.exclude) : undefined };
  const select = flags.parents ? selectWithParents : selectSources;
  const target = new ChangeSet(flags.base ?? new MemoryTree());
  const at: Placement = {
    destination: cleanPath(destination),
    destinationIsDirectory: /(^|\/)\.?$/.test(destination),
    owner: flags.chown,
    mode: flags.chmod === undefined ? undefined : parseModeChange(flags.chmod),
    bytes: (entry) => ({ kind: "bytes", bytes: Buffer.from(context.texts.get(entry.path) ?? "") }),
  };
  for (const source of select(context, args.slice(0, -1), options)) placeSource(target, source, at);
  return Object.fromEntries(
    [...target.finish()].map(({ entry, bytes }) => {
      const text =
        bytes.kind === "bytes" && bytes.bytes.length > 0 ? ` ${Buffer.from(bytes.bytes).toString()}` : "";
      return [
        entry.path,
        `${entry.type} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid} @${entry.mtime}${text}`,
      ];
    }),
  );
}

describe("appendix A.5: the COPY result matrix", () => {
  it("CP-05: a file to an absent name becomes that file", () => {
    expect(copy(["x", "/t"])).toEqual({ t: "file 640 0:0 @1000 x" });
  });
  it("CP-05: a file to an existing directory goes inside it", () => {
    expect(Object.keys(copy(["x", "/t"], { base: new MemoryTree({ "t/": {} }) }))).toEqual(["t", "t/x"]);
  });
  it("CP-04: a trailing slash makes the directory, 0755 and root's", () => {
    expect(copy(["x", "/t/"])).toEqual({ t: "dir 755 0:0 @1000", "t/x": "file 640 0:0 @1000 x" });
  });
  it("CP-06: a directory's contents go to a new directory with mode 0755 and the source's time", () => {
    expect(copy(["d", "/t"])).toEqual({
      t: "dir 755 0:0 @7",
      "t/f": "file 644 0:0 @1000 f",
      "t/s": "dir 750 9:0 @8",
      "t/s/g": "file 644 0:0 @1000 g",
    });
  });
  it("CP-06, CP-07: an existing destination keeps mode and owner, nested directories take the source's", () => {
    const base = new MemoryTree({ "t/": { mode: 0o700, uid: 5 }, "t/s/": { mode: 0o711 }, "t/old": "o" });
    expect(copy(["d", "/t"], { base })).toEqual({
      t: "dir 700 5:0 @7",
      "t/f": "file 644 0:0 @1000 f",
      "t/s": "dir 750 9:0 @8",
      "t/s/g": "file 644 0:0 @1000 g",
    });
  });
  it("CP-05: several sources, directory and file", () => {
    expect(Object.keys(copy(["d", "x", "/t/"]))).toEqual(["t", "t/f", "t/s", "t/s/g", "t/x"]);
  });
  it.each([["d/"], ["d/."], ["./d"], ["/d"], ["d*"]])("CP-06: %s is the same as d", (source) => {
    expect(Object.keys(copy([source, "/t"]))).toEqual(["t", "t/f", "t/s", "t/s/g"]);
  });
  it("CP-03: `..` is resolved lexically and cannot leave the root", () => {
    expect(Object.keys(copy(["d/s/../f", "/t"]))).toEqual(["t"]);
    expect(copy(["../../x", "/t"])).toEqual({ t: "file 640 0:0 @1000 x" });
  });
  it("CP-17: --parents keeps directories, a pivot cuts them", () => {
    expect(Object.keys(copy(["d/s/g", "/t/"], { parents: true }))).toEqual(["t", "t/d", "t/d/s", "t/d/s/g"]);
    expect(Object.keys(copy(["d/./s/g", "/t/"], { parents: true }))).toEqual(["t", "t/s", "t/s/g"]);
    expect(Object.keys(copy(["**/g", "/t/"], { parents: true }))).toEqual(["t", "t/d", "t/d/s", "t/d/s/g"]);
  });
  it("CP-18: without a match --parents makes the destination where it ends in a slash, a missing name fails", () => {
    const paths = (source: string, to: string) => Object.keys(copy([source, to], { parents: true }));
    expect(paths("no*", "/t/")).toEqual(["t"]);
    expect(paths("no*", "/t")).toEqual([]);
    expect(paths("d/./no*/**", "/t/u")).toEqual(["t"]);
    expect(() => paths("no", "/t/")).toThrow('"/no": not found');
    expect(() => paths("d/./no", "/t/")).toThrow('"/d/no": not found');
  });
  it("CP-16, CP-17: with --parents excludes are relative to the pivot", () => {
    const paths = (source: string, exclude: string[]) =>
      Object.keys(copy([source, "/t/"], { parents: true, exclude }));
    expect(paths("d", ["s"])).toEqual(["t", "t/d", "t/d/f", "t/d/s", "t/d/s/g"]);
    expect(paths("d", ["d/s"])).toEqual(["t", "t/d", "t/d/f"]);
    expect(paths("d/.", ["d/s"])).toEqual(["t", "t/d", "t/d/f"]);
    expect(paths("./d/./s", ["s/g"])).toEqual(["t", "t/s"]);
    expect(paths("d", ["d", "!d/s/g"])).toEqual(["t", "t/d", "t/d/s", "t/d/s/g"]);
    expect(paths("d/s/g", ["d"])).toEqual(["t"]);
  });
  it("CP-16: --exclude is relative to the source directory and spares named files", () => {
    expect(Object.keys(copy(["d", "/t"], { exclude: ["s"] }))).toEqual(["t", "t/f"]);
    expect(Object.keys(copy(["x", "/t"], { exclude: ["*"] }))).toEqual(["t"]);
    expect(Object.keys(copy(["d", "/t"], { exclude: ["*"] }))).toEqual(["t"]);
    expect(Object.keys(copy(["d", "/t"], { exclude: ["s", "!s/g"] }))).toEqual(["t", "t/f", "t/s", "t/s/g"]);
  });
  it("what is there already, the same in every respect, leaves no trace", () => {
    const base = (f: { text: string; mtime?: number; mode?: number }) =>
      new MemoryTree({
        "t/": { mtime: 7 },
        "t/f": f,
        "t/s/": { mode: 0o750, uid: 9, mtime: 8 },
        "t/s/g": "g",
      });
    expect(copy(["d", "/t"], { base: base({ text: "f" }) })).toEqual({});
    expect(Object.keys(copy(["d", "/t"], { base: base({ text: "F" }) }))).toEqual(["t", "t/f"]);
    expect(Object.keys(copy(["d", "/t"], { base: base({ text: "f", mtime: 9 }) }))).toEqual(["t", "t/f"]);
    expect(Object.keys(copy(["d", "/t"], { base: base({ text: "f", mode: 0o600 }) }))).toEqual(["t", "t/f"]);
  });
  it("CP-07: a directory over a file is refused", () => {
    const base = new MemoryTree({ t: "file" });
    expect(() => copy(["d", "/t"], { base })).toThrow("cannot copy to non-directory: /t");
  });
  it("CP-07: a file over a directory is refused", () => {
    const base = new MemoryTree({ "t/x/": {} });
    expect(() => copy(["x", "/t/"], { base })).toThrow("cannot replace to directory /t/x with file");
  });
  it("CP-02: links of the destination are followed, the last one included", () => {
    const base = new MemoryTree({ l: { link: "/r" }, "r/": {}, lf: { link: "r/file" } });
    expect(Object.keys(copy(["x", "/l"], { base }))).toEqual(["r", "r/x"]);
    expect(Object.keys(copy(["x", "/lf"], { base }))).toEqual(["r", "r/file"]);
  });
  it("CP-02: a destination link cannot leave the root", () => {
    const base = new MemoryTree({ l: { link: "../../../../out" } });
    expect(Object.keys(copy(["x", "/l/"], { base }))).toEqual(["out", "out/x"]);
  });
  it("CP-12: a wildcard without a match makes nothing, a missing name fails", () => {
    expect(copy(["nomatch*", "/t/"])).toEqual({});
    expect(() => copy(["nomatch", "/t"])).toThrow(
      'failed to calculate checksum of ref context: "/nomatch": not found',
    );
  });
});

describe("links, owners and modes of copies", () => {
  it("CP-09: a named link is followed and keeps its own name; links inside stay links", () => {
    expect(copy(["link-to-x", "/t/"])).toMatchObject({ "t/link-to-x": "file 640 0:0 @1000 x" });
    expect(Object.keys(copy(["link-to-d", "/t"]))).toEqual(["t", "t/f", "t/s", "t/s/g"]);
    const context = new MemoryTree({ "d/l": { link: "../../etc/passwd" } });
    expect(copy(["d", "/t"], { context })).toMatchObject({ "t/l": "symlink 777 0:0 @1000" });
  });
  it("CP-11: wildcards match hidden files and stay within a component", () => {
    expect(Object.keys(copy(["*", "/t/"]))).toContain("t/.hidden");
    expect(copy(["d*g", "/t/"])).toEqual({});
  });
  it("CP-08: --chown forces the owner of files and of made directories", () => {
    expect(copy(["d", "/n/t"], { chown: { uid: 3, gid: 4 } })).toEqual({
      n: "dir 755 3:4 @7",
      "n/t": "dir 755 3:4 @7",
      "n/t/f": "file 644 3:4 @1000 f",
      "n/t/s": "dir 750 3:4 @8",
      "n/t/s/g": "file 644 3:4 @1000 g",
    });
  });
  it("LT-01: a directory of which only the time would change is no change, and has the new time where it is one", () => {
    const base = new MemoryTree({ "t/": { mtime: 1 } });
    const context = new MemoryTree({ "e/": { mtime: 7 }, "d/": { mtime: 8 }, "d/f": "f" });
    expect(copy(["e", "/t"], { base, context })).toEqual({});
    expect(copy(["d", "/t"], { base, context })).toEqual({
      t: "dir 755 0:0 @8",
      "t/f": "file 644 0:0 @1000 f",
    });
  });
  it("CP-04: new directories have bit and group of a directory above that has the set-group-ID bit", () => {
    const base = new MemoryTree({ "t/": { mode: 0o2775, uid: 3, gid: 4 } });
    expect(copy(["x", "/t/a/b/"], { base })).toMatchObject({
      "t/a": "dir 2755 0:4 @1000",
      "t/a/b": "dir 2755 0:4 @1000",
      "t/a/b/x": "file 640 0:0 @1000 x",
    });
    expect(copy(["d", "/t/a"], { base, chown: { uid: 5, gid: 6 } })).toMatchObject({
      "t/a": "dir 2755 5:6 @7",
      "t/a/s": "dir 750 5:6 @8",
    });
  });
  it("CP-15: octal and symbolic --chmod", () => {
    expect(copy(["d", "/t"], { chmod: "644" })).toMatchObject({
      t: "dir 644 0:0 @7",
      "t/s": "dir 644 9:0 @8",
    });
    expect(copy(["d", "/t"], { chmod: "u=rwX,go=rX" })).toMatchObject({
      "t/f": "file 644 0:0 @1000 f",
      "t/s": "dir 755 9:0 @8",
    });
  });
  it.each([
    ["+x", 0o644, false, 0o755],
    ["a-w,u+s", 0o755, false, 0o4555],
    ["g=u", 0o640, false, 0o660],
    ["o=", 0o777, false, 0o770],
    ["a+X", 0o600, false, 0o600],
    ["a+X", 0o600, true, 0o711],
    ["+t", 0o755, true, 0o1755],
    ["0", 0o755, false, 0],
    ["7777", 0, false, 0o7777],
    ["u=rw", 0o7770, true, 0o3670],
    ["a=", 0o7755, false, 0o1000],
    ["u=g", 0o4650, false, 0o4550],
    ["u=rg", 0o4751, false, 0o551],
    ["u=gr", 0o4751, false, 0o451],
    ["o+st", 0o755, false, 0o755],
    ["u+t", 0o755, false, 0o1755],
    ["+rt", 0o751, false, 0o1751],
    ["u-X", 0o751, false, 0o651],
    ["a-x,u+X", 0o711, false, 0o700],
  ])("CP-15: %s on %i", (text, mode, isDirectory, expected) => {
    expect(parseModeChange(text).apply(mode, isDirectory)).toBe(expected);
  });
  it.each(["8", "10000", "u", "x+r", "u=rq", "", "-1"])("CP-15: %j is refused", (text) => {
    expect(() => parseModeChange(text)).toThrow(`invalid chmod parameter: '${text}'`);
  });
});
