import { randomBytes } from "node:crypto";
import { appendFileSync, closeSync, openSync, statSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashFile, PIECE_BYTES } from "../../src/context/hash-file.ts";
import { openLocalContext } from "../../src/context/local-context.ts";
import { type FileStat, StatIndex, type StatIndexStorage } from "../../src/context/stat-index.ts";
import { digestOf } from "../../src/core/digest.ts";
import { fill, tempFolder } from "./temp-folder.ts";

class Memory implements StatIndexStorage {
  readonly values = new Map<string, Uint8Array>();
  saves = 0;
  load(key: string): Uint8Array | undefined {
    return this.values.get(key);
  }
  save(key: string, bytes: Uint8Array): void {
    this.saves += 1;
    this.values.set(key, bytes);
  }
}

const NOW = 1_700_000_000_000;
const statAt = (ms: number, changes: Partial<FileStat> = {}): FileStat => {
  const ns = BigInt(ms) * 1_000_000n + 1n;
  return { size: 3, mtimeNs: ns, ctimeNs: ns, ino: 7n, mode: 0o100644, ...changes };
};
const A = digestOf("a");

describe("StatIndex", () => {
  it("gives back what an earlier build noted, names of any bytes included", () => {
    const storage = new Memory();
    const first = new StatIndex(storage, "/r");
    first.remember("a/b", A, statAt(NOW - 1000), NOW);
    first.remember("\udcff", digestOf("b"), statAt(NOW - 2000), NOW);
    first.save();
    const second = new StatIndex(storage, "/r");
    expect(second.lookup("a/b", statAt(NOW - 1000))).toBe(A);
    expect(second.lookup("\udcff", statAt(NOW - 2000))).toBe(digestOf("b"));
    expect(second.lookup("a", statAt(NOW - 1000))).toBeUndefined();
    expect(new StatIndex(storage, "/other").lookup("a/b", statAt(NOW - 1000))).toBeUndefined();
  });

  const differences: [string, Partial<FileStat>][] = [
    ["size", { size: 4 }],
    ["mtime by a nanosecond", { mtimeNs: BigInt(NOW - 1000) * 1_000_000n }],
    ["ctime by a nanosecond", { ctimeNs: BigInt(NOW - 1000) * 1_000_000n }],
    ["inode", { ino: 2n ** 64n - 1n }],
    ["mode", { mode: 0o100755 }],
  ];
  it.each(differences)("does not trust an entry with another %s", (_title, change) => {
    const index = new StatIndex(new Memory(), "/r");
    index.remember("f", A, statAt(NOW - 1000), NOW);
    expect(index.lookup("f", statAt(NOW - 1000, change))).toBeUndefined();
    expect(index.lookup("f", statAt(NOW - 1000))).toBe(A);
  });

  it("a file that was written just before it was read is not trusted (racily clean)", () => {
    const index = new StatIndex(new Memory(), "/r");
    const racy: FileStat[] = [
      statAt(NOW),
      statAt(NOW - 10),
      statAt(NOW + 5000),
      statAt(NOW - 1000, { mtimeNs: BigInt(NOW + 60_000) * 1_000_000n }),
      // Whole seconds only: the file system may not tell two writes of one second apart.
      statAt(NOW - 1000, { ctimeNs: BigInt(NOW - 1000) * 1_000_000n }),
    ];
    for (const stat of racy) {
      index.remember("f", A, stat, NOW);
      expect(index.lookup("f", stat)).toBeUndefined();
    }
  });

  it("writes only where something is new", () => {
    const storage = new Memory();
    const first = new StatIndex(storage, "/r");
    first.save();
    first.remember("f", A, statAt(NOW), NOW);
    first.save();
    expect(storage.saves).toBe(0);
    first.remember("f", A, statAt(NOW - 1000), NOW);
    first.save();
    first.save();
    const second = new StatIndex(storage, "/r");
    second.lookup("f", statAt(NOW - 1000));
    second.save();
    expect(storage.saves).toBe(1);
  });

  it("drops what many builds did not use", () => {
    const storage = new Memory();
    const save = (path: string): void => {
      const index = new StatIndex(storage, "/r");
      index.remember(path, A, statAt(NOW - 1000), NOW);
      index.save();
    };
    save("old");
    for (let i = 0; i < 20; i++) save("new");
    expect(new StatIndex(storage, "/r").lookup("old", statAt(NOW - 1000))).toBe(A);
    save("new");
    expect(new StatIndex(storage, "/r").lookup("old", statAt(NOW - 1000))).toBeUndefined();
    expect(new StatIndex(storage, "/r").lookup("new", statAt(NOW - 1000))).toBe(A);
  });

  it("damaged bytes are an empty index", () => {
    const storage = new Memory();
    const index = new StatIndex(storage, "/r");
    index.remember("f", A, statAt(NOW - 1000), NOW);
    index.save();
    const [key, good] = [...storage.values][0]!;
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 0x40;
      storage.values.set(key, bad);
      const found = new StatIndex(storage, "/r").lookup("f", statAt(NOW - 1000));
      expect(found, `byte ${at}`).toBeUndefined();
    }
    storage.values.set(key, good.subarray(0, 30));
    expect(new StatIndex(storage, "/r").lookup("f", statAt(NOW - 1000))).toBeUndefined();
  });
});

describe("digests of a local context", () => {
  const settled = async (...paths: string[]): Promise<void> => {
    while (paths.some((path) => statSync(path).ctimeMs > Date.now() - 120))
      await new Promise((done) => setTimeout(done, 20));
  };

  it("CK-05: digests are those of the bytes, small, large and exactly one piece", async () => {
    const sizes = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES];
    const files = sizes.map((size) => randomBytes(size));
    const root = tempFolder(Object.fromEntries(files.map((bytes, at) => [`f${at}`, bytes])));
    const paths = files.map((_, at) => `f${at}`);
    const found = await openLocalContext({ root }).digests(paths);
    expect([...found]).toEqual(files.map((bytes, at) => [`f${at}`, digestOf(bytes)]));
  });

  it("CK-07: a second build reads only what changed, and a change that keeps size and mtime is seen", async () => {
    const root = tempFolder({ a: "one", b: "two" });
    const statIndex = new Memory();
    await settled(join(root, "a"), join(root, "b"));
    const first = openLocalContext({ root, statIndex });
    await first.digests(["a", "b"]);
    first.saveStatIndex();
    const before = statSync(join(root, "a"));
    writeFileSync(join(root, "a"), "ONE");
    utimesSync(join(root, "a"), before.atime, before.mtime);
    const second = openLocalContext({ root, statIndex });
    expect(Object.fromEntries(await second.digests(["a", "b"]))).toEqual({
      a: digestOf("ONE"),
      b: digestOf("two"),
    });
  });

  it("CK-07: what the index knows is not read", async () => {
    const root = tempFolder({ a: "one" });
    const statIndex = new Memory();
    await settled(join(root, "a"));
    const first = openLocalContext({ root, statIndex });
    first.remember("a", A, first.stat("a")!, Date.now());
    first.saveStatIndex();
    const second = openLocalContext({ root, statIndex });
    expect((await second.digests(["a"])).get("a")).toBe(A);
    second.saveStatIndex();
    expect(statIndex.saves).toBe(1);
  });

  it("a file that changed since it was looked at is looked at again", async () => {
    const root = tempFolder({ a: "one" });
    const context = openLocalContext({ root });
    expect(context.lookup("a")?.size).toBe(3);
    fill(root, { a: "longer" });
    expect((await context.digests(["a"])).get("a")).toBe(digestOf("longer"));
    expect(context.lookup("a")?.size).toBe(6);
  });

  it("a file that changes while it is read is read again, and refused if it never rests", () => {
    const root = tempFolder({ f: Buffer.alloc(2 * PIECE_BYTES) });
    const path = join(root, "f");
    const buffer = Buffer.alloc(PIECE_BYTES);
    const once = hashFile(path, buffer);
    once.next();
    const fd = openSync(path, "r+");
    writeSync(fd, "x", 0);
    closeSync(fd);
    let turn = once.next();
    while (!turn.done) turn = once.next();
    const expected = Buffer.alloc(2 * PIECE_BYTES);
    expected.write("x");
    expect(turn.value.digest).toBe(digestOf(expected));
    const always = hashFile(path, buffer);
    expect(() => {
      for (let result = always.next(); !result.done; result = always.next()) appendFileSync(path, "y");
    }).toThrowError(expect.objectContaining({ code: "SOURCE_CHANGED" }));
  });

  it("hashing gives others a turn, and an abort ends it", async () => {
    const root = tempFolder({ big: Buffer.alloc(64 * PIECE_BYTES) });
    const abort = new AbortController();
    const hashing = openLocalContext({ root, signal: abort.signal }).digests(["big"]);
    setTimeout(() => abort.abort(), 1);
    await expect(hashing).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
