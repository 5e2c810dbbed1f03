import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { ingestLayer } from "../../src/layer/ingest.ts";
import { Toc } from "../../src/layer/toc.ts";
import { hasLibc, libc } from "../../src/sys/libc.ts";
import { chunksOf, writeArchive } from "./archives.ts";
import { dir, file, symlink, tocOf, whiteout } from "./entries.ts";
import { entriesOf, isRoot, NATIVE, outline, PORTABLE, Workspace } from "./trees.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space.done());

/** Reads entries in the order given, on top of parent layers, and unpacks them. */
async function ingest(
  entries: readonly Entry[],
  bytes: Readonly<Record<string, Buffer>> = {},
  parent: readonly (readonly Entry[])[] = [],
) {
  const directory = space.folder();
  const result = await ingestLayer({
    archive: chunksOf(writeArchive(entries, bytes)),
    parent: parent.map((layer) => tocOf(...layer).bytes),
    directory,
    form: isRoot && hasLibc() ? NATIVE : PORTABLE,
  });
  return { ...result, directory, entries: [...Toc.open(result.toc).entries()] };
}

const lines = (entries: readonly Entry[]) => outline(entries);
const invalid = expect.objectContaining({ code: "LAYER_INVALID" });

describe("reading a layer", () => {
  it("LT-08: later entries replace earlier ones, and directories merge", async () => {
    const { entries, directory } = await ingest(
      [
        dir("d", { mode: 0o700 }),
        file("d/a"),
        file("x"),
        dir("d", { mode: 0o711 }),
        file("d/a", { mode: 0o600 }),
        dir("y"),
        file("y/in"),
        file("y", { mode: 0o640 }),
        file("z"),
        dir("z"),
        file("z/in"),
        symlink("x", "d"),
      ],
      { "d/a": Buffer.from("last") },
    );
    expect(lines(entries)).toEqual([
      "dir d 711 0:0",
      "file d/a 600 0:0 4",
      "symlink x 777 0:0 d",
      "file y 640 0:0 0",
      "dir z 755 0:0",
      "file z/in 644 0:0 0",
    ]);
    if (isRoot) expect(lines(entriesOf(directory))).toEqual(lines(entries));
  });

  it("LT-08: missing parents are 0755 root, or what the layers below have", async () => {
    const parent = [dir("etc", { mode: 0o700, uid: 7, mtime: 9 })];
    const { entries, dependsOnParent } = await ingest([file("etc/a/b")], {}, [parent]);
    expect(lines(entries)).toEqual(["dir etc 700 7:0", "dir etc/a 755 0:0", "file etc/a/b 644 0:0 0"]);
    expect(entries[0]!.mtime).toBe(9);
    expect(dependsOnParent).toBe(true);
  });

  it("a layer that describes its directories does not depend on its parent", async () => {
    const own = [
      dir(""),
      dir("etc"),
      file("etc/a"),
      whiteout("etc/b"),
      symlink("l", "/etc"),
      file("m", { hardLink: "etc/a" }),
    ];
    expect((await ingest(own, {}, [[dir("etc")]])).dependsOnParent).toBe(false);
    expect((await ingest([...own, file("l/x")], {}, [[dir("etc")]])).dependsOnParent).toBe(false);
    expect((await ingest([file("etc/a")])).dependsOnParent).toBe(true);
  });

  it("LT-08: parents that are links, here or below, are followed inside the root", async () => {
    const parent = [dir("usr"), dir("usr/lib"), symlink("lib", "usr/lib"), symlink("abs", "/../../usr")];
    const { entries, directory } = await ingest(
      [
        file("lib/one"),
        file("abs/lib/two"),
        symlink("here", "lib"),
        file("here/three"),
        symlink("up", "../../.."),
        file("up/four"),
      ],
      {},
      [parent],
    );
    expect(entries.map((e) => e.path)).toEqual([
      "four",
      "here",
      "up",
      "usr",
      "usr/lib",
      "usr/lib/one",
      "usr/lib/three",
      "usr/lib/two",
    ]);
    if (isRoot) expect(entriesOf(directory).map((e) => e.path)).toEqual(entries.map((e) => e.path));
  });

  it("LT-06: whiteouts and opaque directories, in whichever order they come", async () => {
    const { entries } = await ingest([
      file("a/new"),
      file("a/.wh..wh..opq"),
      whiteout("b"),
      dir("b"),
      dir("c"),
      file("c/x"),
      whiteout("c"),
      whiteout("d"),
      file("d"),
      file("e"),
      whiteout("e"),
      file("f/.wh..wh.plnk"),
      whiteout("g/h"),
    ]);
    expect(entries.map((e) => `${e.type} ${e.path}${e.opaque ? " opaque" : ""}`)).toEqual([
      "dir a opaque",
      "file a/new",
      "dir b opaque",
      "dir c opaque",
      "file c/x",
      "file d",
      "file e",
      "dir g",
      "whiteout g/h",
    ]);
  });

  it.runIf(isRoot && hasLibc())(
    "LT-08: owner before mode, directory times last, opaque as overlayfs wants it",
    async () => {
      const { directory } = await ingest([
        dir("d", { mtime: 50, mode: 0o555, uid: 3 }),
        file("d/setuid", { mode: 0o4755, uid: 9, mtime: 60, mtimeNs: 0 }),
        file("o/.wh..wh..opq"),
        whiteout("o/w"),
      ]);
      expect(fs.statSync(join(directory, "d")).mtimeMs).toBe(50_000);
      expect(fs.statSync(join(directory, "d/setuid"))).toMatchObject({
        uid: 9,
        mode: 0o104755,
        mtimeMs: 60_000,
      });
      expect(libc().getXattr(join(directory, "o"), "trusted.overlay.opaque")?.toString()).toBe("y");
      expect(fs.lstatSync(join(directory, "o/w")).isCharacterDevice()).toBe(true);
    },
  );

  it("LT-04: hard links: the first path is the file, and its bytes stay when that name is replaced", async () => {
    const { entries, directory } = await ingest(
      [file("z"), file("b", { hardLink: "z" }), file("a", { hardLink: "b" }), file("z", { mode: 0o600 })],
      { z: Buffer.from("zz") },
    );
    expect(lines(entries)).toEqual(["file a 644 0:0 2", "file b 644 0:0 a", "file z 600 0:0 2"]);
    expect(fs.statSync(join(directory, "a")).ino).toBe(fs.statSync(join(directory, "b")).ino);
  });

  it("a hard link to a link is another link with the same target", async () => {
    const { entries } = await ingest([symlink("l", "/etc/passwd"), { ...file("m"), hardLink: "l" }]);
    expect(lines(entries)).toEqual(["symlink l 777 0:0 /etc/passwd", "symlink m 777 0:0 /etc/passwd"]);
  });

  it("a hard link into a lower layer becomes a file with its bytes", async () => {
    const lower = file("low", { size: 3, digest: digestOf("low"), mode: 0o4711, uid: 4 });
    const archive = () => chunksOf(writeArchive([file("copy", { hardLink: "low" })]));
    const parent = [tocOf(lower).bytes];
    const toc = await ingestLayer({ archive: archive(), parent });
    expect(lines([...Toc.open(toc.toc).entries()])).toEqual(["file copy 4711 4:0 3"]);
    expect(toc).toMatchObject({
      dependsOnParent: true,
      needsLower: [{ path: "copy", lowerPath: "low", layer: 0 }],
    });
    const directory = space.folder();
    await expect(ingestLayer({ archive: archive(), parent, directory })).rejects.toThrow(
      expect.objectContaining({ code: "SNAPSHOT_FAILED" }),
    );
    const below = space.folder();
    fs.writeFileSync(join(below, "low"), "low");
    const target = space.folder();
    await ingestLayer({ archive: archive(), parent, parentDirectories: [below], directory: target });
    expect(fs.readFileSync(join(target, "copy"), "utf8")).toBe("low");
  });

  it("attributes: a capability and a user's are kept, orders to overlayfs are not", async () => {
    const capability = Buffer.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const archive = writeArchive([file("f", { xattrs: { "security.capability": capability } })]).toString(
      "latin1",
    );
    const hostile = Buffer.from(
      archive.replace("SCHILY.xattr.security.capability", "SCHILY.xattr.trusted.overlay.opq"),
      "latin1",
    );
    const xattrs = async (bytes: Buffer) =>
      Toc.open((await ingestLayer({ archive: chunksOf(bytes) })).toc).find("f")?.xattrs;
    expect(await xattrs(Buffer.from(archive, "latin1"))).toEqual({ "security.capability": capability });
    expect(await xattrs(hostile)).toBeUndefined();
  });
});

describe("what a layer is checked for", () => {
  const archive = writeArchive([dir("d"), file("d/f")], { "d/f": Buffer.from("x") });

  it("the diff ID is that of all bytes, those behind the end too", async () => {
    const longer = Buffer.concat([archive, Buffer.alloc(9216)]);
    const { info } = await ingestLayer({ archive: chunksOf(longer) });
    expect(info).toMatchObject({
      diffId: digestOf(longer),
      tarSize: longer.length,
      entries: 2,
      fileBytes: 1,
    });
    await expect(ingestLayer({ archive: chunksOf(archive), expectedDiffId: info.diffId })).rejects.toThrow(
      expect.objectContaining({ code: "DIGEST_MISMATCH" }),
    );
    await expect(
      ingestLayer({ archive: chunksOf(longer), expectedDiffId: info.diffId }),
    ).resolves.toBeDefined();
  });

  it("an archive that is cut off, and an error of its source", async () => {
    await expect(ingestLayer({ archive: chunksOf(archive.subarray(0, 700)) })).rejects.toThrow(invalid);
    async function* failing() {
      yield archive.subarray(0, 600);
      throw new RangeError("network");
    }
    await expect(ingestLayer({ archive: failing() })).rejects.toThrow(RangeError);
  });

  it("a failure ends the wait for a source that says nothing more, and so does an abort", async () => {
    async function* stuck(bytes: Buffer) {
      yield bytes;
      await new Promise(() => {});
    }
    await expect(ingestLayer({ archive: stuck(Buffer.alloc(600, "x")) })).rejects.toThrow(invalid);
    const controller = new AbortController();
    const running = ingestLayer({ archive: stuck(archive), signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(running).rejects.toThrow(expect.objectContaining({ code: "CANCELLED" }));
  });
});
