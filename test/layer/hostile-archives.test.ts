import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry } from "../../src/core/file-tree.ts";
import { readArchiveEntries } from "../../src/layer/archive-entries.ts";
import { ingestLayer } from "../../src/layer/ingest.ts";
import { Toc } from "../../src/layer/toc.ts";
import { hasLibc } from "../../src/sys/libc.ts";
import { chunksOf, writeArchive } from "./archives.ts";
import { dir, file, symlink, whiteout } from "./entries.ts";
import { entriesOf, isRoot, NATIVE, PORTABLE, Workspace } from "./trees.ts";

let space: Workspace;
/** A folder beside the one that is unpacked into, with a file that must never change. */
let outside: string;

beforeEach(() => {
  space = new Workspace();
  outside = space.folder();
  fs.writeFileSync(join(outside, "victim"), "untouched");
});

afterEach(() => {
  expect(fs.readdirSync(outside)).toEqual(["victim"]);
  expect(fs.readFileSync(join(outside, "victim"), "utf8")).toBe("untouched");
  expect(fs.statSync(join(outside, "victim")).nlink).toBe(1);
  space.done();
});

const form = isRoot && hasLibc() ? NATIVE : PORTABLE;

async function unpack(entries: readonly Entry[]): Promise<string[]> {
  const directory = space.folder();
  const { toc } = await ingestLayer({ archive: chunksOf(writeArchive(entries)), directory, form });
  const paths = [...Toc.open(toc).entries()].map((e) => e.path);
  if (form.kind === "native")
    expect(entriesOf(directory).map((e) => e.path)).toEqual(paths.filter((p) => p !== ""));
  return paths;
}

const bytes = { size: 4 };
const invalid = expect.objectContaining({ code: "LAYER_INVALID" });

describe("archives that try to leave their root", () => {
  it("CVE-2026-28406: names with .. stay inside", async () => {
    expect(await unpack([file("../../victim", bytes), file("a/../../../b", bytes)])).toEqual(["b", "victim"]);
  });

  it("absolute names stay inside", async () => {
    expect(await unpack([file(`${outside}/victim`, bytes)])).toContain(`${outside}/victim`.slice(1));
  });

  it("CVE-2026-44517, CVE-2024-12905: a link that leads out is not followed for what comes after it", async () => {
    const paths = await unpack([symlink("l", outside), file("l/victim", bytes), file("l/new", bytes)]);
    expect(paths).toEqual(
      [...parents(`${outside}/new`), `${outside}/new`.slice(1), `${outside}/victim`.slice(1), "l"].sort(
        byPath,
      ),
    );
  });

  it("a relative link with more .. than there are directories, too", async () => {
    expect(await unpack([symlink("l", "../../../../.."), file("l/victim", bytes)])).toEqual(["l", "victim"]);
  });

  it("CVE-2026-23745: a hard link through a link that leads out finds nothing", async () => {
    await expect(unpack([symlink("l", outside), file("h", { hardLink: "l/victim" })])).rejects.toThrow(
      invalid,
    );
    await expect(unpack([file("h", { hardLink: `${outside}/victim` })])).rejects.toThrow(invalid);
    await expect(unpack([file("h", { hardLink: "../victim" })])).rejects.toThrow(invalid);
  });

  it("CVE-2026-26960: writing to a hard link of a link replaces it and follows nothing", async () => {
    const target = join(outside, "victim");
    expect(
      await unpack([symlink("l", target), file("h", { hardLink: "l" }), file("h", bytes), file("l", bytes)]),
    ).toEqual(["h", "l"]);
  });

  it("a file over a link to a file replaces the link", async () => {
    expect(await unpack([symlink("l", join(outside, "victim")), file("l", bytes)])).toEqual(["l"]);
  });

  it("a directory over a link to a directory replaces the link", async () => {
    expect(await unpack([symlink("l", outside), dir("l", { mode: 0o700 }), file("l/victim", bytes)])).toEqual(
      ["l", "l/victim"],
    );
  });

  it("a link over a directory removes what was in it from the layer, and only there", async () => {
    expect(await unpack([dir("d"), file("d/victim"), symlink("d", outside)])).toEqual(["d"]);
    const paths = await unpack([dir("d"), file("d/victim"), symlink("d", outside), whiteout("d/victim")]);
    expect(paths).toContain(`${outside}/victim`.slice(1));
  });

  it("CVE-2026-23950: a path that becomes a link between two entries is resolved anew each time", async () => {
    expect(
      await unpack([
        dir("a"),
        file("a/1", bytes),
        symlink("a", outside),
        file("a/victim", bytes),
        file("a", bytes),
      ]),
    ).toContain(`${outside}/victim`.slice(1));
  });

  it("links in a circle, and links to nothing, are errors", async () => {
    await expect(unpack([symlink("a", "b"), symlink("b", "a"), file("a/x")])).rejects.toThrow(
      expect.objectContaining({ code: "SYMLINK_LOOP" }),
    );
    await expect(unpack([symlink("a", "")])).rejects.toThrow(invalid);
  });

  it("an entry inside a file, a root that is a file, and whiteouts of nothing are errors", async () => {
    await expect(unpack([file("f"), file("f/x")])).rejects.toThrow(invalid);
    await expect(unpack([symlink("..", "x")])).rejects.toThrow(invalid);
    for (const name of [".wh.", ".wh..", "d/.wh..."])
      await expect(unpack([file(name)])).rejects.toThrow(invalid);
    await expect(unpack([dir("d"), file("d/f"), file("d", { hardLink: "d/f" })])).rejects.toThrow(invalid);
    await expect(unpack([dir("d"), file("h", { hardLink: "d" })])).rejects.toThrow(invalid);
    await expect(unpack([file("d/".repeat(3000))])).rejects.toThrow(invalid);
  });

  it("does not overdo it: honest link targets are kept as they are", async () => {
    const directory = space.folder();
    const targets = ["../../../../etc/pki/java/cacerts", "/absolute", "dash", "./../x//y"];
    const archive = writeArchive(targets.map((target, i) => symlink(`l${i}`, target)));
    const { toc } = await ingestLayer({ archive: chunksOf(archive), directory, form });
    expect([...Toc.open(toc).entries()].map((e) => e.linkTarget)).toEqual(targets);
    expect(targets.map((_, i) => fs.readlinkSync(join(directory, `l${i}`)))).toEqual(targets);
  });
});

describe("archives of ADD", () => {
  const read = async (entries: readonly Entry[]) => {
    const directory = space.folder();
    const found = [];
    const archive = writeArchive(entries, { f: Buffer.from("data"), "a/../up": Buffer.from("up") });
    for await (const item of readArchiveEntries(chunksOf(archive), directory)) found.push(item);
    return { found, directory };
  };

  it("AD-02: no name of the archive becomes a path here, and bytes are in numbered files", async () => {
    const { found, directory } = await read([
      dir("./"),
      file("a/../up"),
      file("f"),
      file("h", { hardLink: "/f" }),
    ]);
    expect(found.map(({ entry }) => entry.path)).toEqual(["up", "f", "h"]);
    expect(found[2]!.entry.hardLink).toBe("f");
    expect(found[2]!.file).toBeUndefined();
    expect(fs.readdirSync(directory).sort()).toEqual(["0", "1"]);
    expect(fs.readFileSync(found[1]!.file!, "utf8")).toBe("data");
  });

  it("AD-02: a name that leads out of the destination is an error", async () => {
    for (const name of ["..", "../up", "a/../../up", "./../up"])
      await expect(read([file(name, { size: 0 })])).rejects.toThrow(`invalid entry name "${name}"`);
  });

  it("AD-02: names of whiteouts are ordinary names", async () => {
    const { found } = await read([whiteout("gone"), file(".wh..wh..opq"), symlink("l", "/abs")]);
    expect(found.map(({ entry }) => [entry.type, entry.path])).toEqual([
      ["file", ".wh.gone"],
      ["file", ".wh..wh..opq"],
      ["symlink", "l"],
    ]);
    expect(found[2]!.entry.linkTarget).toBe("/abs");
  });
});

function parents(path: string): string[] {
  const parts = path.split("/").filter(Boolean).slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

function byPath(a: string, b: string): number {
  return a < b ? -1 : 1;
}
