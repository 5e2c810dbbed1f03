import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lutimesSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseIgnoreFile } from "../../src/context/ignore-rules.ts";
import { type LocalContext, openLocalContext } from "../../src/context/local-context.ts";
import { digestOf } from "../../src/core/digest.ts";
import { comparePaths, fsPath } from "../../src/core/file-name.ts";
import { fill, type Layout, tempFolder } from "./temp-folder.ts";

const open = (layout: Layout, ignore?: string): LocalContext =>
  openLocalContext({
    root: tempFolder(layout),
    ...(ignore === undefined ? {} : { ignore: parseIgnoreFile(Buffer.from(ignore), ".dockerignore") }),
  });
const pathsOf = (context: LocalContext): string[] => [...context.walk()].map((entry) => entry.path);

describe("entries", () => {
  it("CP-08: owner 0:0, permission bits with setuid, times to the nanosecond", () => {
    const root = tempFolder({ "a/f": "hello" });
    chmodSync(join(root, "a/f"), 0o4751);
    execFileSync("touch", ["-d", "2001-02-03T04:05:06.123456789Z", join(root, "a/f")]);
    expect(openLocalContext({ root }).lookup("a/f")).toEqual({
      path: "a/f",
      type: "file",
      mode: 0o4751,
      uid: 0,
      gid: 0,
      size: 5,
      mtime: 981173106,
      mtimeNs: 123456789,
    });
  });

  it("CP-08: a time before 1970 has whole seconds below and nanoseconds above zero", () => {
    const root = tempFolder({ f: "" });
    execFileSync("touch", ["-d", "1969-12-31T23:59:58.25Z", join(root, "f")]);
    expect(openLocalContext({ root }).lookup("f")).toMatchObject({ mtime: -2, mtimeNs: 250_000_000 });
  });

  it("CP-08: security attributes come from the function given", () => {
    const root = tempFolder({ f: "", d: null });
    const capability = Uint8Array.of(1, 2);
    const context = openLocalContext({ root, readXattrs: () => ({ "security.capability": capability }) });
    expect(context.lookup("f")?.xattrs).toEqual({ "security.capability": capability });
    expect(context.lookup("d")).not.toHaveProperty("xattrs");
  });

  it("CP-09: links are links, with their text as it is", () => {
    const context = open({ l: { link: "../../x//y/." }, loop: { link: "loop" } });
    expect(context.lookup("l")).toMatchObject({ type: "symlink", linkTarget: "../../x//y/.", size: 0 });
    expect(context.lookup("loop")).toMatchObject({ type: "symlink", linkTarget: "loop" });
  });

  it("CP-10: a pipe is a pipe, a socket an empty file", async () => {
    const root = tempFolder({});
    execFileSync("mkfifo", [join(root, "pipe")]);
    const server = createServer().listen(join(root, "socket"));
    await new Promise((done) => server.once("listening", done));
    const context = openLocalContext({ root });
    expect(context.lookup("pipe")?.type).toBe("fifo");
    expect(context.lookup("socket")).toMatchObject({ type: "file", size: 0 });
    expect(readFileSync(context.locate("socket"))).toHaveLength(0);
    expect((await context.digests(["socket"])).get("socket")).toBe(digestOf(""));
    server.close();
  });

  it("CP-10: names of one inode are files that are known to be the same one", () => {
    const root = tempFolder({ a: "x", c: "x" });
    linkSync(join(root, "a"), join(root, "b"));
    const context = openLocalContext({ root });
    expect(context.lookup("b")).toMatchObject({ type: "file", size: 1 });
    expect(context.inode("b")).toBe(context.inode("a"));
    expect(context.inode("a")).toBeDefined();
    expect(context.inode("c")).toBeUndefined();
  });

  it("names that are not UTF-8 go through unchanged", async () => {
    const root = tempFolder({});
    const name = "caf\udce9";
    writeFileSync(fsPath(`${root}/${name}`), "x");
    symlinkSync(Buffer.from([0xff]), fsPath(`${root}/${name}2`));
    const context = openLocalContext({ root });
    expect(context.list("")).toEqual([name, `${name}2`]);
    expect(context.lookup(`${name}2`)?.linkTarget).toBe("\udcff");
    expect(readFileSync(fsPath(context.locate(name)), "utf8")).toBe("x");
    expect((await context.digests([name])).get(name)).toBe(digestOf("x"));
  });

  it("the walk is in the order of comparePaths", () => {
    const names = ["a/b/c", "a-b", "a.b", "a/b.c", "é", "\uffee", "😀", "Z", "a0", "a/b/a"];
    const paths = pathsOf(open(Object.fromEntries(names.map((name) => [name, ""]))));
    expect(paths).toHaveLength(12);
    expect(paths).toEqual([...paths].sort(comparePaths));
    expect(paths.slice(0, 6)).toEqual(["Z", "a", "a/b", "a/b/a", "a/b/c", "a/b.c"]);
  });

  it("the root is there, and what is nowhere is not", () => {
    const context = open({ f: "" });
    expect(context.lookup("")).toMatchObject({ path: "", type: "dir" });
    for (const path of ["x", "f/x", "/f", "./f", "f/", "../f", "a\0b", "n".repeat(300), "/"])
      expect(context.lookup(path), path).toBeUndefined();
    expect(context.list("f")).toEqual([]);
  });
});

describe("what cannot be reached", () => {
  it("GHSA-vp35-85q5-9f25: nothing behind a linked folder exists, inside or outside of the context", async () => {
    const outside = tempFolder({ secret: "s" });
    const context = open({ out: { link: outside }, "in/f": "x", alias: { link: "in" }, up: { link: ".." } });
    for (const path of [
      "out/secret",
      "alias/f",
      `up/${outside.slice(outside.lastIndexOf("/") + 1)}/secret`,
    ]) {
      expect(context.lookup(path)).toBeUndefined();
      expect(() => context.locate(path)).toThrowError(expect.objectContaining({ code: "SOURCE_NOT_FOUND" }));
      await expect(context.digests([path])).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
    }
    expect(context.list("out")).toEqual([]);
  });

  it("CVE-2026-44517: a file that became a link is not followed when its bytes are read", async () => {
    const outside = tempFolder({ secret: "s" });
    const root = tempFolder({ f: "x" });
    const context = openLocalContext({ root });
    context.lookup("f");
    rmSync(join(root, "f"));
    symlinkSync(join(outside, "secret"), join(root, "f"));
    await expect(context.digests(["f"])).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
  });

  it("CVE-2026-44517: a folder that became a link is not followed when its files are read", async () => {
    const outside = tempFolder({ f: "s" });
    const root = tempFolder({ "d/f": "x" });
    const context = openLocalContext({ root });
    context.lookup("d/f");
    rmSync(join(root, "d"), { recursive: true });
    symlinkSync(outside, join(root, "d"));
    await expect(context.digests(["d/f"])).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
    expect(() => context.open("d/f")).toThrowError(expect.objectContaining({ code: "ELOOP" }));
  });

  it("CL-01: a missing context, or one that is no folder, is not found", () => {
    const root = tempFolder({ file: "" });
    expect(() => openLocalContext({ root: join(root, "no") })).toThrowError(
      expect.objectContaining({
        code: "CONTEXT_NOT_FOUND",
        message: `unable to prepare context: path "${root}/no" not found`,
      }),
    );
    expect(() => openLocalContext({ root: join(root, "file") })).toThrowError(
      expect.objectContaining({ code: "CONTEXT_NOT_FOUND" }),
    );
  });

  it("CL-01: the context itself may be a link to a folder", () => {
    const root = tempFolder({ "real/f": "", link: { link: "real" } });
    const context = openLocalContext({ root: join(root, "link") });
    expect(context.root).toBe(join(root, "real"));
    expect(pathsOf(context)).toEqual(["f"]);
  });
});

describe("ignored paths", () => {
  it("DI-08: what is ignored does not exist, and the rule that hides it is known", () => {
    const context = open({ "a/b": "", "a/c": "", d: "" }, "# rules\na");
    expect(pathsOf(context)).toEqual(["d"]);
    expect(context.lookup("a/b")).toBeUndefined();
    expect(() => context.locate("a/b")).toThrowError(expect.objectContaining({ code: "SOURCE_NOT_FOUND" }));
    expect(context.hiddenBy("a/b")).toEqual({ pattern: "a", line: 2, file: ".dockerignore", excluded: true });
    expect(context.hiddenBy("a/missing")).toBeUndefined();
    expect(context.hiddenBy("d")).toBeUndefined();
  });

  it("DI-09: folders above a rescued file stay, their other content does not", () => {
    const context = open(
      { "docs/README.md": "", "docs/x/y": "", "docs/e": null, "tmp/a": "", f: "" },
      "docs\ntmp\n!docs/README.md\n!tmp/none",
    );
    expect(pathsOf(context)).toEqual(["docs", "docs/README.md", "f"]);
    expect(context.lookup("tmp")).toBeUndefined();
    expect(context.list("docs")).toEqual(["README.md"]);
  });

  it("DI-07: `a/**` leaves the empty folder", () => {
    expect(pathsOf(open({ "a/b/c": "", d: "" }, "a/**"))).toEqual(["a", "d"]);
  });

  it("DI-10: the root stays whatever is excluded", () => {
    const context = open({ a: "" }, "**");
    expect(context.lookup("")?.type).toBe("dir");
    expect(pathsOf(context)).toEqual([]);
  });

  it("DI-12: an excluded folder is not even looked at", () => {
    const root = tempFolder({ "a/b": "", c: "" });
    const context = openLocalContext({
      root,
      ignore: parseIgnoreFile(Buffer.from("a\n!b"), ".dockerignore"),
    });
    expect(context.list("")).toEqual(["c"]);
    fill(root, { "a/late": "" });
    // Had the folder been read before, the new file would be missing from the memory of it.
    expect(context.hiddenBy("a/late")?.line).toBe(1);
  });

  it("DI-14: a path that changes its type between builds is what it is now", async () => {
    const root = tempFolder({ x: "file", "y/in": "" });
    const first = openLocalContext({ root });
    expect([first.lookup("x")?.type, first.lookup("y")?.type]).toEqual(["file", "dir"]);
    renameSync(join(root, "x"), join(root, "z"));
    renameSync(join(root, "y"), join(root, "x"));
    renameSync(join(root, "z"), join(root, "y"));
    expect(first.lookup("x")?.type).toBe("file");
    const second = openLocalContext({ root });
    expect([second.lookup("x")?.type, second.lookup("y")?.type]).toEqual(["dir", "file"]);
    expect(second.list("x")).toEqual(["in"]);
  });

  it("times of links are their own", () => {
    const root = tempFolder({ f: "", l: { link: "f" } });
    utimesSync(join(root, "f"), 100, 100);
    lutimesSync(join(root, "l"), 200, 200);
    expect(openLocalContext({ root }).lookup("l")?.mtime).toBe(200);
  });
});

it("CK-05: a file has one digest for the life of a build: whoever reads other bytes is told that it changed", async () => {
  const context = open({ f: "one" });
  const stat = context.stat("f")!;
  const found = await context.digests(["f"]);
  expect(found.get("f")).toBe(digestOf("one"));
  context.remember("f", digestOf("one"), stat, Date.now());
  expect(() => context.remember("f", digestOf("two"), stat, Date.now())).toThrow(
    expect.objectContaining({ code: "SOURCE_CHANGED" }),
  );
  expect(context.knownDigest("f")).toBe(digestOf("one"));
});
