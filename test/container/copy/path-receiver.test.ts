import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import { receive } from "../../../src/container/copy/archive-streams.ts";
import { packPath } from "../../../src/container/copy/pack-path.ts";
import { archiveChunks } from "../../../src/layer/archive.ts";
import { temporaryFolder } from "../../support/folders.ts";

describe("a copy whose destination is a link (docker cp)", () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  const text = (...names: string[]) => readFileSync(at(...names), "utf8");

  beforeEach(() => {
    folder = temporaryFolder();
    for (const name of ["source", "to/dir", "far/deep"]) mkdirSync(at(name), { recursive: true });
    writeFileSync(at("source/file"), "new");
    writeFileSync(at("to/old"), "old");
    for (const [name, target] of [
      ["to-file", "old"],
      ["to-dir", "dir"],
      ["dangling", "made"],
      ["lost", "nowhere/made"],
      ["twice", "to-dir"],
      ["round", "round"],
      ["over", "../way/../beside"],
      ["absolute", at("far/made")],
    ] as const)
      symlinkSync(target, at("to", name));
    symlinkSync("far/deep", at("way"));
  });

  const copy = (source: string, destination: string, content = false) =>
    receive(Readable.from(archiveChunks(packPath({ path: at(source), top: "x", followsLink: false }))), {
      ...{ path: `${at("to")}/${destination}`, name: content ? undefined : source.split("/").at(-1) },
      ...{ isArchive: false, keepsOwner: false },
    });

  it("replaces the file that it leads to, and leaves the link", async () => {
    await copy("source/file", "to-file");
    expect([text("to/old"), readlinkSync(at("to/to-file"))]).toEqual(["new", "old"]);
  });

  it("goes into the directory that it leads to", async () => {
    await copy("source/file", "to-dir");
    await copy("source", "twice/");
    await copy("source", "to-dir", true);
    expect(text("to/dir/file")).toBe("new");
    expect(text("to/dir/source/file")).toBe("new");
    expect(lstatSync(at("to/to-dir")).isSymbolicLink()).toBe(true);
  });

  it("makes what it leads to where that is not there", async () => {
    await copy("source/file", "dangling");
    await copy("source/file", "absolute");
    expect([text("to/made"), text("far/made")]).toEqual(["new", "new"]);
    // What `..` is behind a link, the kernel says.
    await copy("source/file", "over");
    expect(text("far/beside")).toBe("new");
  });

  it("is refused where that cannot be made", async () => {
    for (const name of ["lost", "round"])
      await expect(copy("source/file", name)).rejects.toMatchObject({ code: "OUTPUT_INVALID" });
    await expect(copy("source", "to-file")).rejects.toMatchObject({ code: "OUTPUT_INVALID" });
    expect(text("to/old")).toBe("old");
  });

  it("replaces a link that is no destination, but in its way", async () => {
    symlinkSync("../old", at("to/dir/file"));
    await copy("source/file", "dir");
    expect(lstatSync(at("to/dir/file")).isSymbolicLink()).toBe(false);
    expect(text("to/old")).toBe("old");
  });
});
