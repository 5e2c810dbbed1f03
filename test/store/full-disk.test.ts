import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { writeTree } from "../support/folders.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { useChildProgram } from "./child.ts";
import { newStore } from "./open-store.ts";
import { bytesOf, putImage } from "./sample-content.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("full disks are not tested: mounting a small one takes root");
const full = { code: "DISK_FULL", hint: expect.stringContaining("system prune") };
const startChild = useChildProgram();

async function fullStore() {
  const disk = await smallDisk(4 << 20);
  const store = newStore(join(disk, "home"));
  return { store, fill: () => fill(disk) };
}

describe.runIf(isRoot)("on a full disk", () => {
  it("a download that no longer fits gives its space back", async () => {
    const { store } = await fullStore();
    const bytes = bytesOf(1, 6 << 20);
    const partial = await store.blobs.partial(digestOf(bytes));
    await expect(partial.append(bytes)).rejects.toMatchObject(full);
    await partial.close();
    expect([readdirSync(store.paths.partial), readdirSync(store.paths.locks)]).toEqual([[], []]);
    await store.blobs.writeBytes(bytesOf(2, 1 << 20));
  });

  it("names can be changed: what only saves time makes room", async () => {
    const { store, fill } = await fullStore();
    const { descriptor } = await putImage(store, 1);
    await store.images.tag("a:1", descriptor);
    writeTree(store.paths.compileCache, { code: "x".repeat(100_000) });
    fill();
    expect(await store.images.untag("a:1")).toBe(true);
    expect(store.images.list()).toEqual([]);
    expect(existsSync(store.paths.compileCache)).toBe(false);
  });

  it("a garbage collection can be noted, for the first time and again", async () => {
    const { store, fill } = await fullStore();
    fill();
    const seen = new Set([store.lastCollection()]);
    store.noteCollection();
    expect(seen.has(store.lastCollection())).toBe(false);
  });

  it("what the index would keep for the next time is lost, and not the work", async () => {
    const { store, fill } = await fullStore();
    store.records.put("known", Buffer.from("1"));
    fill();
    for (const table of [store.records, store.last]) table.put("new", Buffer.alloc(100_000, "x"));
    store.stats.save("context", Buffer.alloc(100_000));
    store.addForm(digestOf("layer"), {
      compression: "gzip",
      settings: "",
      digest: digestOf("form"),
      size: 1,
    });
    expect(store.records.get("known")?.toString()).toBe("1");
    expect(store.records.get("new")).toBeUndefined();
    expect(store.stats.load("context")).toBeUndefined();
    expect(store.forms(digestOf("layer"))).toEqual([]);
    // An old record must not come back in the place of a new one, and a blob without its source could not be fetched.
    expect(() => store.records.put("known", Buffer.from("2"))).toThrow(expect.objectContaining(full));
    expect(() => store.addSource(digestOf("blob"), "example.test/a")).toThrow(expect.objectContaining(full));
  });

  it("cache records are forgotten with the whole index", async () => {
    const { store, fill } = await fullStore();
    store.records.put("known", Buffer.from("1"));
    fill();
    await store.forgetRecords();
    expect(store.records.get("known")).toBeUndefined();
    expect(newStore(store.paths.home).recordKeys()).toEqual([]);
  });

  it("LMDB has no chance to write to standard error by itself", async () => {
    const { store, fill } = await fullStore();
    store.records.put("known", Buffer.from("1"));
    await store.close();
    fill();
    // Tables that are not there yet are empty, however often they are asked.
    const reader = newStore(store.paths.home);
    for (let i = 0; i < 2; i++) expect(reader.stats.load("key")).toBeUndefined();
    expect(reader.records.get("known")?.toString()).toBe("1");
    await reader.close();
    const child = startChild(store.paths.home, "sources", "a", "200");
    expect(await child.line()).toBe("DISK_FULL");
    expect(await child.ended).toBe(1);
    expect(child.stderr()).toBe("");
  });
});
