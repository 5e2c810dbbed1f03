import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { decodeName, fsPath } from "../../src/core/file-name.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { layerArchive } from "../../src/layer/archive.ts";
import { type PackOptions, packLayer } from "../../src/layer/pack.ts";
import { Toc } from "../../src/layer/toc.ts";
import { hasLibc, libc } from "../../src/sys/libc.ts";
import { readMembers, run, writeArchive } from "./archives.ts";
import { dir, file, sorted, symlink, whiteout } from "./entries.ts";
import { changesOf, entriesOf, isRoot, NATIVE, outline, PORTABLE, Workspace } from "./trees.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space.done());

const CAPABILITY = Buffer.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const ODD = decodeName(Buffer.from([0x6f, 0xff]));

const ENTRIES: readonly Entry[] = [
  dir("app", { mode: 0o2755, uid: 1000, gid: 1000, mtime: 100, mtimeNs: 5 }),
  file("app/a", { mode: 0o4755, uid: 1, gid: 2, mtime: 1_600_000_000, mtimeNs: 123_456_789 }),
  file("app/b", {
    hardLink: "app/a",
    mode: 0o4755,
    uid: 1,
    gid: 2,
    mtime: 1_600_000_000,
    mtimeNs: 123_456_789,
  }),
  file("app/cap", { xattrs: { "security.capability": CAPABILITY, "user.x": Buffer.of(1) } }),
  symlink("app/l", "../../../etc/passwd", { uid: 5, mtime: 7 }),
  file(`app/${ODD}`, { mode: 0 }),
  { ...file("app/pipe"), type: "fifo" },
  { ...file("app/zero"), type: "char", devMajor: 1, devMinor: 5 },
  whiteout("gone"),
  dir("op", { opaque: true, mode: 0o500 }),
];
const BYTES = { "app/a": "hello", "app/cap": "x".repeat(1000), [`app/${ODD}`]: "odd" };

async function drain(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("packing a layer", () => {
  it("LT-01: an empty layer is 1024 zeros", async () => {
    const { info, toc } = await packLayer({
      changes: [],
      target: { kind: "snapshot", directory: space.folder(), form: PORTABLE },
    });
    expect(info).toMatchObject({
      diffId: digestOf(Buffer.alloc(1024)),
      tarSize: 1024,
      entries: 0,
      fileBytes: 0,
    });
    expect(Toc.open(toc).count).toBe(0);
  });

  it("LT-07, CP-25: runs of zeros take no room, at the beginning, within and at the end", async () => {
    const directory = space.folder();
    const bytes = Buffer.alloc(40 * 1024 * 1024);
    bytes.write("middle", 15_000_000);
    const content = { kind: "bytes", bytes } as const;
    const entry = file("f", { size: bytes.length });
    const { info, toc } = await packLayer({
      changes: [{ entry, bytes: content }],
      target: { kind: "snapshot", directory, form: PORTABLE },
    });
    const stat = fs.statSync(join(directory, "f"));
    expect([stat.size, stat.blocks * 512 < 4 * 1024 * 1024]).toEqual([bytes.length, true]);
    expect(fs.readFileSync(join(directory, "f")).equals(bytes)).toBe(true);
    const archive = await drain(layerArchive(Toc.open(toc), directory, { diffId: info.diffId }));
    expect([digestOf(archive), archive.length]).toEqual([info.diffId, info.tarSize]);
    expect(archive.subarray(512, 512 + bytes.length).equals(bytes)).toBe(true);
  });

  it("LT-02 LT-04 LT-05: the diff ID is that of the archive, which the table of contents and the files give again", async () => {
    const directory = space.folder();
    const { info, toc } = await packLayer({
      changes: changesOf(ENTRIES, BYTES),
      target: { kind: "snapshot", directory, form: PORTABLE },
    });
    const archive = await drain(layerArchive(Toc.open(toc), directory, { diffId: info.diffId }));
    expect(digestOf(archive)).toBe(info.diffId);
    expect(archive.length).toBe(info.tarSize);
    expect(info).toMatchObject({ entries: ENTRIES.length, fileBytes: 5 + 1000 + 3 });
    const entries = [...Toc.open(toc).entries()];
    const buffers = Object.fromEntries(Object.entries(BYTES).map(([k, v]) => [k, Buffer.from(v)]));
    expect(archive.equals(writeArchive(entries, buffers))).toBe(true);
    expect(readMembers(archive).map((m) => m.name)).toEqual(
      [
        "app/",
        "app/a",
        "app/b",
        "app/cap",
        "app/l",
        "app/pipe",
        "app/zero",
        `app/${ODD}`,
        ".wh.gone",
        "op/",
        "op/.wh..wh..opq",
      ].sort((a, b) => order(a) - order(b)),
    );
    function order(name: string) {
      return sorted(ENTRIES).findIndex(
        (e) => name.replace(".wh.gone", "gone").replace(/\/?(\.wh\..*)?$/, "") === e.path,
      );
    }
  });

  it("CK-05: digests are found on the way, for hard links too, and attributes that do not leave are dropped", async () => {
    const { toc } = await packLayer({
      changes: changesOf(ENTRIES, BYTES),
      target: { kind: "snapshot", directory: space.folder(), form: PORTABLE },
    });
    const open = Toc.open(toc);
    expect(open.find("app/a")?.digest).toBe(digestOf("hello"));
    expect(open.find("app/b")).toMatchObject({ digest: digestOf("hello"), size: 5, hardLink: "app/a" });
    expect(open.find("app/cap")?.xattrs).toEqual({ "security.capability": CAPABILITY });
  });

  it.runIf(isRoot && hasLibc())(
    "LT-03: the native form has real owners, modes, times, devices and attributes",
    async () => {
      const directory = space.folder();
      const { toc } = await packLayer({
        changes: changesOf(ENTRIES, BYTES),
        target: { kind: "snapshot", directory, form: NATIVE },
      });
      const listed = [...Toc.open(toc).entries()].map(({ hardLink: _, opaque: __, ...entry }) => entry);
      const times = (e: Entry) => (e.type === "whiteout" ? { ...e, mtime: 0, mtimeNs: 0 } : e);
      expect(entriesOf(directory).map(times)).toEqual(listed);
      expect(fs.statSync(join(directory, "app/a")).ino).toBe(fs.statSync(join(directory, "app/b")).ino);
      expect(libc().getXattr(join(directory, "op"), "trusted.overlay.opaque")?.toString()).toBe("y");
      expect(fs.statSync(directory).mode & 0o777).toBe(0o755);
    },
  );

  it("the portable form has files that their owner can read, links and directories, and nothing else", async () => {
    const directory = space.folder();
    await packLayer({
      changes: changesOf(ENTRIES, BYTES),
      target: { kind: "snapshot", directory, form: PORTABLE },
    });
    expect(entriesOf(directory).map((e) => `${e.type} ${e.path}`)).toEqual(
      [
        "dir app",
        "file app/a",
        "file app/b",
        "file app/cap",
        "symlink app/l",
        `file app/${ODD}`,
        "dir op",
      ].sort((a, b) => (a.slice(a.indexOf(" ")) < b.slice(b.indexOf(" ")) ? -1 : 1)),
    );
    expect(fs.readFileSync(fsPath(join(directory, `app/${ODD}`)), "utf8")).toBe("odd");
  });

  it("gives the same layer in both forms and on a thread as here", async () => {
    const many = Array.from({ length: 200 }, (_, i) => file(`app/f${i}`));
    const entries = [...ENTRIES, ...many];
    const bytes = { ...BYTES, "app/f1": Buffer.alloc(3_000_000, 1), "app/f2": Buffer.alloc(300_000, 2) };
    const changes = changesOf(entries, bytes);
    const a = await packLayer({
      changes,
      target: { kind: "snapshot", directory: space.folder(), form: PORTABLE },
    });
    const directory = space.folder();
    const b = await packLayer({
      changes,
      target: { kind: "snapshot", directory, form: isRoot ? NATIVE : PORTABLE },
    });
    expect(b.info).toEqual(a.info);
    expect(b.toc.equals(a.toc)).toBe(true);
    expect(a.info.diffId).toBe(digestOf(await drain(layerArchive(Toc.open(a.toc), directory))));
  });
});

describe("the sources of a layer", () => {
  const fromPath = (path: string, entry: Entry) => [{ entry, bytes: { kind: "path" as const, path } }];
  const pack = (changes: ReturnType<typeof fromPath>) =>
    packLayer({ changes, target: { kind: "snapshot", directory: space.folder(), form: PORTABLE } });
  const changed = expect.objectContaining({ code: "SOURCE_CHANGED" });

  it.each([0, 5, 256 * 1024, 256 * 1024 + 1, 5_000_000])(
    "a file of %i bytes is read from its path",
    async (size) => {
      const bytes = Buffer.alloc(size, "y");
      const { toc } = await pack(fromPath(space.file(bytes), file("f", { size })));
      expect(Toc.open(toc).find("f")?.digest).toBe(digestOf(bytes));
    },
  );

  it("a file that changed its size, its bytes or its type, or vanished, is an error", async () => {
    const path = space.file("12345");
    await expect(pack(fromPath(path, file("f", { size: 4 })))).rejects.toThrow(changed);
    await expect(pack(fromPath(path, file("f", { size: 6 })))).rejects.toThrow(changed);
    await expect(pack(fromPath(path, file("f", { size: 5, digest: digestOf("54321") })))).rejects.toThrow(
      changed,
    );
    await expect(pack(fromPath(`${path}-gone`, file("f", { size: 5 })))).rejects.toThrow(changed);
    await expect(pack(fromPath(space.folder(), file("f", { size: 0 })))).rejects.toThrow(changed);
    fs.symlinkSync(path, `${path}-link`);
    await expect(pack(fromPath(`${path}-link`, file("f", { size: 5 })))).rejects.toThrow(changed);
    run("mkfifo", [`${path}-fifo`]);
    await expect(pack(fromPath(`${path}-fifo`, file("f", { size: 0 })))).rejects.toThrow(changed);
    await expect(
      pack(fromPath(path, file("f", { size: 5, digest: digestOf("12345") }))),
    ).resolves.toBeDefined();
  });

  it("the same errors come from a thread", async () => {
    const path = space.file("12345");
    const many = Array.from(
      { length: 100 },
      (_, i) => fromPath(path, file(`f${100 + i}`, { size: i === 99 ? 6 : 5 }))[0]!,
    );
    await expect(pack(many)).rejects.toThrow(
      expect.objectContaining({ code: "SOURCE_CHANGED", facts: { path: "f199" } }),
    );
  });

  it("an entry below a link or without its directory never reaches the disk", async () => {
    const outside = space.folder();
    const changes = changesOf([symlink("l", outside), file("l/f")]);
    await expect(
      packLayer({ changes, target: { kind: "snapshot", directory: space.folder(), form: PORTABLE } }),
    ).rejects.toThrow(expect.objectContaining({ code: "INTERNAL" }));
    expect(fs.readdirSync(outside)).toEqual([]);
    await expect(
      packLayer({
        changes: changesOf([file("d/f")]),
        target: { kind: "snapshot", directory: space.folder(), form: PORTABLE },
      }),
    ).rejects.toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });

  it("is cancelled before and while it runs", async () => {
    const changes = changesOf(Array.from({ length: 3000 }, (_, i) => file(`f${i}`)));
    const directory = space.folder();
    const options: PackOptions = { changes, target: { kind: "snapshot", directory, form: PORTABLE } };
    const cancelled = expect.objectContaining({ code: "CANCELLED" });
    await expect(packLayer({ ...options, signal: AbortSignal.abort() })).rejects.toThrow(cancelled);
    const controller = new AbortController();
    const running = packLayer({ ...options, signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(running).rejects.toThrow(cancelled);
    expect(outline(entriesOf(directory)).length).toBeLessThan(3000);
  });
});
