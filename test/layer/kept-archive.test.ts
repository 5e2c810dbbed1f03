import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import type { Change } from "../../src/layer/change.ts";
import { packLayer, unpackArchive } from "../../src/layer/pack.ts";
import { dir, file, sorted, symlink } from "./entries.ts";
import { changesOf, entriesOf, outline, PORTABLE, Workspace } from "./trees.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space.done());

const LONG = `d/${"long".repeat(60)}`;
const BYTES: Readonly<Record<string, string | Buffer>> = {
  "d/a": "aaa",
  "d/big": Buffer.alloc(3_000_001, "big"),
  "d/changed": "before",
  "d/touched": "touched",
  [LONG]: "long name",
  "d/zeros": Buffer.alloc(2_500_000),
  last: "last",
};
const ENTRIES: readonly Entry[] = [
  dir("d"),
  ...Object.keys(BYTES).map((path) => file(path, { mtime: 5, mtimeNs: 6, uid: 3_000_000 })),
  file("d/empty"),
  file("d/link", { hardLink: "d/a", mtime: 5, mtimeNs: 6, uid: 3_000_000 }),
  symlink("d/symlink", "a"),
];

/** Changes whose digests are known, as those of files that were hashed before. */
function known(entries: readonly Entry[] = ENTRIES, bytes = BYTES): Change[] {
  return changesOf(entries, bytes).map((change) =>
    change.bytes.kind === "bytes"
      ? { ...change, entry: { ...change.entry, digest: digestOf(change.bytes.bytes) } }
      : change,
  );
}

async function keep(changes: readonly Change[]) {
  const path = join(space.folder(), "archive");
  return { path, ...(await packLayer({ changes, target: { kind: "archive", file: path } })) };
}

async function snapshot(changes: readonly Change[]) {
  const directory = space.folder();
  const packed = await packLayer({ changes, target: { kind: "snapshot", directory, form: PORTABLE } });
  return { directory, ...packed };
}

describe("a layer kept as its archive", () => {
  it("LT-01: is the file that its diff ID is the digest of, and the layer that a snapshot makes", async () => {
    const kept = await keep(known());
    const other = await snapshot(known());
    expect(kept.info).toEqual(other.info);
    expect(kept.toc.equals(other.toc)).toBe(true);
    const bytes = fs.readFileSync(kept.path);
    expect(digestOf(bytes)).toBe(kept.info.diffId);
    expect(bytes.length).toBe(kept.info.tarSize);
  });

  it("takes no room for zeros", async () => {
    const zeros = { zeros: Buffer.alloc(40_000_000) };
    const { path } = await keep(known([file("zeros")], zeros));
    expect(fs.statSync(path).blocks * 512).toBeLessThan(4_000_000);
  });

  it("unpacks to the snapshot that it would have been, fractions of seconds included", async () => {
    const kept = await keep(known());
    const directory = space.folder();
    const unpacked = await unpackArchive(
      { file: kept.path, toc: kept.toc },
      { kind: "snapshot", directory, form: PORTABLE },
    );
    const other = await snapshot(known());
    expect(unpacked.info).toEqual(kept.info);
    expect(unpacked.toc.equals(kept.toc)).toBe(true);
    expect(outline(entriesOf(directory))).toEqual(outline(entriesOf(other.directory)));
  });

  it("does not unpack where its bytes were changed", async () => {
    const { path, toc } = await keep(known());
    const at = fs.readFileSync(path).indexOf("aaa");
    const fd = fs.openSync(path, "r+");
    fs.writeSync(fd, "b", at);
    fs.closeSync(fd);
    const target = { kind: "snapshot", directory: space.folder(), form: PORTABLE } as const;
    await expect(unpackArchive({ file: path, toc }, target)).rejects.toThrow(
      expect.objectContaining({ code: "DIGEST_MISMATCH" }),
    );
  });
});

describe("a layer of which an earlier archive has most", () => {
  const NEXT = sorted([
    ...ENTRIES.filter(({ path }) => path !== "d/symlink").map((entry) =>
      entry.path === "d/touched" ? { ...entry, mtime: 1_700_000_000 } : entry,
    ),
    file("d/0-new"),
    file("d/big-new"),
  ]);
  const NEXT_BYTES = {
    ...BYTES,
    "d/changed": "after!",
    "d/0-new": "new",
    "d/big-new": Buffer.alloc(1_500_000, 1),
  };
  const isNew = ({ path }: Entry) => ["d/changed", "d/0-new", "d/big-new", "d/empty"].includes(path);

  it("is the layer that its files make, and reads no other than the new ones", async () => {
    const earlier = await keep(known());
    const changes = known(NEXT, NEXT_BYTES);
    const expected = await keep(changes);
    const path = join(space.folder(), "archive");
    const packed = await packLayer({
      changes: changes.map((change) =>
        isNew(change.entry) ? change : { ...change, bytes: { kind: "path", path: "/nowhere/at/all" } },
      ),
      earlier: { file: earlier.path, toc: earlier.toc },
      target: { kind: "archive", file: path },
    });
    expect(packed.info).toEqual(expected.info);
    expect(packed.toc.equals(expected.toc)).toBe(true);
    expect(digestOf(fs.readFileSync(path))).toBe(expected.info.diffId);
  });

  it("takes no header from the earlier archive, which may have been damaged", async () => {
    const { path, toc } = await keep(known());
    const at = fs.readFileSync(path).indexOf("d/big\0") + 100;
    const fd = fs.openSync(path, "r+");
    fs.writeSync(fd, "0006777", at);
    fs.closeSync(fd);
    const changes = known(NEXT, NEXT_BYTES);
    const expected = await keep(changes);
    const target = { kind: "archive", file: join(space.folder(), "archive") } as const;
    const packed = await packLayer({ changes, earlier: { file: path, toc }, target });
    expect(packed.info).toEqual(expected.info);
    expect(digestOf(fs.readFileSync(target.file))).toBe(expected.info.diffId);
  });

  it("fails where the earlier archive is not what its table of contents says", async () => {
    const { path, toc } = await keep(known());
    fs.truncateSync(path, 2_000_000);
    const making = packLayer({
      changes: known(NEXT, NEXT_BYTES),
      earlier: { file: path, toc },
      target: { kind: "archive", file: join(space.folder(), "archive") },
    });
    await expect(making).rejects.toThrow(expect.objectContaining({ code: "DIGEST_MISMATCH" }));
  });
});
