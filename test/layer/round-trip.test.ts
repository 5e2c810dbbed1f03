import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { comparePaths, decodeName } from "../../src/core/file-name.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { layerArchive } from "../../src/layer/archive.ts";
import { ingestLayer } from "../../src/layer/ingest.ts";
import { packLayer } from "../../src/layer/pack.ts";
import { Toc } from "../../src/layer/toc.ts";
import { LayerTree } from "../../src/layer/tree.ts";
import { fc } from "../support/property.ts";
import { hasProgram, run } from "./archives.ts";
import { dir, file, sorted, symlink, tocOf, whiteout } from "./entries.ts";
import { changesOf, entriesOf, isRoot, NATIVE, outline, PORTABLE, Workspace } from "./trees.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space.done());

const NAMES = [
  "a",
  "b",
  "a.b",
  "a-b",
  "é",
  "\u{1f600}",
  "x".repeat(120),
  "sp ace",
  decodeName(Buffer.from([0xfe, 0x61])),
];
const DETAILS = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 1000, 65_534),
  gid: fc.constantFrom(0, 7, 3_000_000),
  mtime: fc.constantFrom(0, 1_700_000_000, -5, 0o77777777777 + 1),
});
const KIND = fc.constantFrom("file", "file", "symlink", "dir", "whiteout", "fifo", "link");

interface Made {
  readonly entries: readonly Entry[];
  readonly bytes: Readonly<Record<string, Buffer>>;
}

/** Random trees in which every parent is a directory. */
const TREES: fc.Arbitrary<Made> = fc
  .array(
    fc.tuple(
      fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }),
      KIND,
      DETAILS,
      fc.nat(40_000),
    ),
    { maxLength: 25 },
  )
  .map((items) => {
    const entries = new Map<string, Entry>();
    const bytes: Record<string, Buffer> = {};
    for (const [parts, kind, details, size] of items) {
      const path = parts.join("/");
      const parents = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join("/"));
      if (entries.has(path) || parents.some((p) => entries.has(p) && entries.get(p)!.type !== "dir"))
        continue;
      for (const parent of parents) if (!entries.has(parent)) entries.set(parent, dir(parent));
      if (kind === "file") bytes[path] = Buffer.alloc(size, path);
      entries.set(path, entryOf(kind, path, details));
    }
    return { entries: linked(sorted([...entries.values()])), bytes };
  });

function entryOf(kind: string, path: string, details: Partial<Entry>): Entry {
  if (kind === "dir") return dir(path, details);
  if (kind === "symlink") return symlink(path, `../${path}`, { ...details, mode: 0o777 });
  if (kind === "whiteout") return whiteout(path);
  if (kind === "fifo") return { ...file(path, details), type: "fifo" };
  return file(path, kind === "link" ? { hardLink: "?" } : details);
}

/** Points hard links at the first file before them; those without one become plain files. */
function linked(entries: readonly Entry[]): Entry[] {
  const first = entries.find((e) => e.type === "file" && e.hardLink === undefined);
  return entries.map((entry) => {
    if (entry.hardLink === undefined) return entry;
    const { hardLink: _, ...plain } = entry;
    if (!first || comparePaths(first.path, entry.path) > 0) return plain;
    const { mode, uid, gid, mtime } = first;
    return { ...plain, mode, uid, gid, mtime, hardLink: first.path };
  });
}

const RUNS = { numRuns: 40 };

describe("any tree", () => {
  it("is the same after packing, archiving and reading", async () => {
    await fc.assert(
      fc.asyncProperty(TREES, async ({ entries, bytes }) => {
        const form = isRoot ? NATIVE : PORTABLE;
        const [packed, unpacked] = [space.folder(), space.folder()];
        const first = await packLayer({
          changes: changesOf(entries, bytes),
          target: { kind: "snapshot", directory: packed, form },
        });
        expect(Toc.open(first.toc).contentDigest()).toBe(first.info.contentDigest);
        const again = await ingestLayer({
          archive: layerArchive(Toc.open(first.toc), packed),
          directory: unpacked,
          form,
          expectedDiffId: first.info.diffId,
        });
        expect(again.toc.equals(first.toc)).toBe(true);
        expect(again.info).toEqual(first.info);
        expect(again.dependsOnParent).toBe(false);
        if (isRoot) expect(entriesOf(unpacked).map(timeless)).toEqual(entriesOf(packed).map(timeless));
      }),
      RUNS,
    );
  });

  it.runIf(isRoot && hasProgram("tar"))("LT-03: GNU tar unpacks our archives to the same files", async () => {
    await fc.assert(
      fc.asyncProperty(TREES, async ({ entries, bytes }) => {
        const plain = entries.filter((e) => e.type !== "whiteout");
        const [packed, unpacked] = [space.folder(), space.folder()];
        const { toc } = await packLayer({
          changes: changesOf(plain, bytes),
          target: { kind: "snapshot", directory: packed, form: NATIVE },
        });
        run("tar", ["-C", unpacked, "-xpf", "-"], await collect(layerArchive(Toc.open(toc), packed)));
        expect(entriesOf(unpacked)).toEqual(entriesOf(packed));
      }),
      RUNS,
    );
  });

  it.runIf(isRoot && hasProgram("tar")).each(["gnu", "posix"])(
    "is read from GNU tar's format %s as it is on disk",
    async (format) => {
      await fc.assert(
        fc.asyncProperty(TREES, async ({ entries, bytes }) => {
          const plain = entries.filter((e) => e.type !== "whiteout" && e.hardLink === undefined);
          const packed = space.folder();
          const { toc } = await packLayer({
            changes: changesOf(plain, bytes),
            target: { kind: "snapshot", directory: packed, form: NATIVE },
          });
          const archive = run("tar", [`--format=${format}`, "--xattrs", "-C", packed, "-cf", "-", "."]);
          const read = await ingestLayer({ archive: oneChunk(archive) });
          const [root, ...rest] = [...Toc.open(read.toc).entries()];
          expect(root?.path).toBe("");
          expect(rest).toEqual([...Toc.open(toc).entries()]);
        }),
        RUNS,
      );
    },
  );

  it("over a parent gives what applying the two one after the other gives", () => {
    fc.assert(
      fc.property(TREES, TREES, (below, above) => {
        const tree = new LayerTree([tocOf(...below.entries), tocOf(...above.entries)]);
        const expected = new Map<string, Entry>();
        for (const entry of below.entries) if (entry.type !== "whiteout") expected.set(entry.path, entry);
        for (const entry of above.entries) {
          const isMerge = entry.type === "dir" && expected.get(entry.path)?.type === "dir";
          if (!isMerge)
            for (const path of expected.keys()) if (path.startsWith(`${entry.path}/`)) expected.delete(path);
          if (entry.type === "whiteout") expected.delete(entry.path);
          else expected.set(entry.path, entry);
        }
        expect(outline(tree.walk(""))).toEqual(outline(sorted([...expected.values()])));
        for (const path of expected.keys()) expect(tree.lookup(path)).toEqual(expected.get(path));
      }),
    );
  });
});

function timeless(entry: Entry): Entry {
  return entry.type === "whiteout" ? { ...entry, mtime: 0, mtimeNs: 0 } : entry;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* oneChunk(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}
