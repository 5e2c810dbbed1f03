import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bootId } from "../../src/store/owner.ts";
import type { Store } from "../../src/store/store.ts";
import { useChildProgram } from "./child.ts";
import { leftovers, newStore } from "./open-store.ts";
import { digestedLayer } from "./sample-content.ts";

const { key } = digestedLayer(1);
const startChild = useChildProgram();

function directoryWith(store: Store, content: string): string {
  const directory = store.temp.directory("snapshot");
  writeFileSync(join(directory, "file"), content);
  return directory;
}

function notes(store: Store): string[] {
  return readdirSync(store.layers.path(key)).filter((name) => name.startsWith("fs-"));
}

describe("snapshots", () => {
  it("arrive by rename, with what is known of them", async () => {
    const store = newStore();
    const directory = directoryWith(store, "one");
    const { ino } = statSync(directory);
    const path = join(store.layers.path(key), "fs");
    const expected = { path, form: "portable", bootId: bootId(), synced: false };
    expect(store.layers.snapshot(key)).toBeUndefined();
    expect(await store.layers.commitSnapshot(key, directory, { form: "portable" })).toEqual(expected);
    expect(newStore(store.paths.home).layers.snapshot(key)).toEqual(expected);
    expect(statSync(path).ino).toBe(ino);
    store.layers.markNative(key);
    expect(store.layers.snapshot(key)).toEqual({ ...expected, form: "native" });
    store.layers.markSynced(key);
    expect(store.layers.snapshot(key)).toEqual({ ...expected, form: "native", synced: true });
    expect(leftovers(store)).toEqual([]);
  });

  it("stay when another one of the same layer comes", async () => {
    const store = newStore();
    const first = await store.layers.commitSnapshot(key, directoryWith(store, "one"), { form: "native" });
    const second = await store.layers.commitSnapshot(key, directoryWith(store, "two"), { form: "portable" });
    expect(second).toEqual(first);
    expect(readFileSync(join(first.path, "file"), "utf8")).toBe("one");
    expect([leftovers(store), notes(store).length]).toEqual([[], 1]);
  });

  it("can be dropped and made again", async () => {
    const store = newStore();
    expect(await store.layers.dropSnapshot(key)).toBe(false);
    await store.layers.commitSnapshot(key, directoryWith(store, "one"), { form: "native" });
    expect(await store.layers.dropSnapshot(key)).toBe(true);
    expect([store.layers.snapshot(key), notes(store), leftovers(store)]).toEqual([undefined, [], []]);
    store.layers.markNative(key);
    store.layers.markSynced(key);
    expect(store.layers.snapshot(key)).toBeUndefined();
    const { path } = await store.layers.commitSnapshot(key, directoryWith(store, "two"), { form: "native" });
    expect(readFileSync(join(path, "file"), "utf8")).toBe("two");
  });

  it("without a whole note do not count, and the next commit takes their place", async () => {
    for (const note of ["", '{"form":"native"', '{"form":"other","bootId":"x"}', '{"form":"native"}']) {
      const store = newStore();
      const { path } = await store.layers.commitSnapshot(key, directoryWith(store, "one"), {
        form: "native",
      });
      writeFileSync(join(store.layers.path(key), notes(store)[0]!), note);
      expect(store.layers.snapshot(key)).toBeUndefined();
      await store.layers.commitSnapshot(key, directoryWith(store, "two"), { form: "native" });
      expect(readFileSync(join(path, "file"), "utf8")).toBe("two");
      expect([store.layers.snapshot(key)?.path, notes(store).length]).toEqual([path, 1]);
    }
  });

  it("keep the mode of their root, even if nobody may write there", async () => {
    const store = newStore();
    const directory = directoryWith(store, "one");
    chmodSync(directory, 0o555);
    const { path } = await store.layers.commitSnapshot(key, directory, { form: "native" });
    expect(lstatSync(path).mode & 0o7777).toBe(0o555);
    expect(await store.layers.dropSnapshot(key)).toBe(true);
    expect(leftovers(store)).toEqual([]);
  });

  it("that are a link instead of a directory are not followed", async () => {
    const store = newStore();
    const outside = directoryWith(newStore(), "outside");
    mkdirSync(store.layers.path(key), { recursive: true });
    const { symlinkSync } = await import("node:fs");
    symlinkSync(outside, join(store.layers.path(key), "fs"));
    expect(store.layers.snapshot(key)).toBeUndefined();
    expect(await store.layers.dropSnapshot(key)).toBe(true);
    expect(readFileSync(join(outside, "file"), "utf8")).toBe("outside");
  });

  it("committed by several processes at once: one wins, whole, and all get it", async () => {
    const store = newStore();
    for (let round = 0; round < 5; round++) {
      const layer = digestedLayer(100 + round).key;
      const children = ["a", "b", "c"].map((mark) => startChild(store.paths.home, "snapshot", layer, mark));
      for (const child of children) expect(await child.line()).toBe("ready");
      for (const child of children) child.resume();
      const path = join(store.layers.path(layer), "fs");
      for (const child of children) expect(await child.line()).toBe(path);
      await Promise.all(children.map((child) => child.ended));
      const contents = new Set(readdirSync(path).map((name) => readFileSync(join(path, name), "utf8")));
      expect([readdirSync(path).length, contents.size]).toEqual([50, 1]);
      expect(store.layers.snapshot(layer)?.path).toBe(path);
      expect(readdirSync(store.layers.path(layer)).length).toBe(2);
    }
    expect(leftovers(store)).toEqual([]);
  });
});
