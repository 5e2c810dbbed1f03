import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { Index } from "../../src/store/index-database.ts";
import { useChildProgram } from "./child.ts";
import { newStore } from "./open-store.ts";
import { bytesOf } from "./sample-content.ts";

const DIGEST = digestOf("layer");
const startChild = useChildProgram();

describe("tables of the index", () => {
  it("keep records, inputs of last runs and stat indexes apart, across instances", async () => {
    const store = newStore();
    const stats = bytesOf(1, 100_000);
    store.records.put("key", Buffer.from('{"a":"ü"}'));
    store.last.put("key", Buffer.from("last"));
    store.stats.save("key", stats);
    await store.close();
    const later = newStore(store.paths.home);
    expect(later.records.get("key")?.toString()).toBe('{"a":"ü"}');
    expect(later.last.get("key")?.toString()).toBe("last");
    expect(Buffer.from(later.stats.load("key")!).equals(stats)).toBe(true);
    expect([later.records.get("other"), later.last.get("other"), later.stats.load("other")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("see what another open instance has written, soon", async () => {
    const one = newStore();
    const other = newStore(one.paths.home);
    expect(other.records.get("key")).toBeUndefined();
    one.records.put("key", Buffer.from("1"));
    await sleep(20);
    expect(other.records.get("key")?.toString()).toBe("1");
    other.records.put("key", Buffer.from("2"));
    await sleep(20);
    expect(one.records.get("key")?.toString()).toBe("2");
  });

  it("take keys of any length and bytes of any size", () => {
    const store = newStore();
    const keys = [
      "a",
      "é".repeat(333),
      "x".repeat(333),
      "x".repeat(334),
      "x".repeat(335),
      "\u{1f6a2}".repeat(5000),
    ];
    for (const key of keys) store.stats.save(key, Buffer.from(key.length.toString()));
    for (const key of keys) expect(Buffer.from(store.stats.load(key)!).toString()).toBe(`${key.length}`);
    store.stats.save("empty", new Uint8Array());
    store.stats.save("large", bytesOf(2, 3_000_000));
    expect(store.stats.load("empty")?.length).toBe(0);
    expect(digestOf(store.stats.load("large")!)).toBe(digestOf(bytesOf(2, 3_000_000)));
  });

  it("give bytes that later writes do not change", () => {
    const store = newStore();
    store.stats.save("key", Buffer.alloc(5000, 1));
    const before = store.stats.load("key")!;
    for (let i = 0; i < 50; i++) store.stats.save("key", Buffer.alloc(5000, i));
    store.stats.load("key");
    expect(new Set(before)).toEqual(new Set([1]));
  });

  it("lose nothing where some processes open and close the index while others write", async () => {
    const store = newStore();
    const children = Array.from({ length: 6 }, () => startChild(store.paths.home, "updates", "60"));
    const ends = await Promise.all(children.map(({ ended }) => ended));
    expect(children.map((child, i) => [ends[i], child.stderr()])).toEqual(children.map(() => [0, ""]));
    const index = new Index(store.paths.index, () => store.temp.file("index"));
    expect(index.latest("last", "counter")).toBe(360);
    expect(index.entries("records")).toHaveLength(180);
    await index.close();
  });

  it("list, remove and forget records", async () => {
    const store = newStore();
    const long = "k".repeat(2000);
    for (const key of ["a", "b", long]) store.records.put(key, Buffer.from(`value of ${key[0]}`));
    const rows = store.recordKeys();
    expect(rows.map(({ value }) => value.toString()).sort()).toEqual([
      "value of a",
      "value of b",
      "value of k",
    ]);
    store.removeRecord(rows.find(({ value }) => value.toString() === "value of k")!.key);
    expect(store.records.get(long)).toBeUndefined();
    await store.forgetRecords();
    await store.forgetRecords();
    expect(store.recordKeys()).toEqual([]);
  });

  it("hold one compressed form for each compression and settings, the newest", () => {
    const store = newStore();
    const form = { compression: "gzip", settings: "zlib-6", digest: digestOf("1"), size: 1 } as const;
    expect(store.forms(DIGEST)).toEqual([]);
    store.addForm(DIGEST, form);
    store.addForm(DIGEST, { ...form, settings: "zlib-9" });
    store.addForm(DIGEST, { ...form, compression: "zstd" });
    store.addForm(DIGEST, { ...form, digest: digestOf("2") });
    expect(newStore(store.paths.home).forms(DIGEST)).toEqual([
      { ...form, settings: "zlib-9" },
      { ...form, compression: "zstd" },
      { ...form, digest: digestOf("2") },
    ]);
  });

  it("remember the eight latest sources of a blob, the latest first", () => {
    const store = newStore();
    for (let i = 0; i < 10; i++) store.addSource(DIGEST, `example.test/${i}`);
    store.addSource(DIGEST, "example.test/4");
    store.addSource(DIGEST, "example.test/4");
    expect(store.sources(DIGEST)).toEqual([4, 9, 8, 7, 6, 5, 3, 2].map((i) => `example.test/${i}`));
    expect(store.sources(digestOf("other"))).toEqual([]);
  });

  it("lose nothing when several processes write at once", async () => {
    const store = newStore();
    const children = ["a", "b", "c"].map((prefix) => startChild(store.paths.home, "sources", prefix, "100"));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0]);
    expect(store.recordKeys().length).toBe(300);
    expect(store.forms(`sha256:${"ab".repeat(32)}`).length).toBe(300);
  });

  it("are not opened by a store that only reads documents", async () => {
    const store = newStore();
    await store.blobs.writeBytes(Buffer.from("x"));
    store.images.list();
    await store.close();
    expect(existsSync(store.paths.index)).toBe(false);
  });
});
