import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/api/environment.ts";
import { diskUsage, prune } from "../../src/api/prune.ts";
import { type CacheRecord, encodeRecord } from "../../src/cache/record.ts";
import { MEDIA } from "../../src/core/descriptor.ts";
import { digestOf } from "../../src/core/digest.ts";
import { imageChain } from "../../src/execute/chain.ts";
import type { Store } from "../../src/store/store.ts";
import { useChildProgram } from "../store/child.ts";
import { newStore } from "../store/open-store.ts";
import { bytesOf, digestedLayer, putDocument, putImage } from "../store/sample-content.ts";

const startChild = useChildProgram();
/** Pruning as an ordinary user goes on in a user namespace, in the built command. */
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("pruning is not tested here: as an ordinary user it re-executes the built command");

function environment(store: Store) {
  const { home } = store.paths;
  return readEnvironment(
    { SLIPWAY_HOME: home, PATH: process.env.PATH },
    { uid: 0, homeDirectory: home, cwd: home },
  );
}

const run = (store: Store, all = false) => prune({ all }, environment(store));

/** A layer with its table of contents and a snapshot. */
async function putLayer(store: Store, seed: number) {
  const { key, info, toc } = digestedLayer(seed);
  store.layers.put(key, info, toc);
  const directory = store.temp.directory("layer");
  writeFileSync(join(directory, "file"), "x");
  await store.layers.commitSnapshot(key, directory, { form: "native" });
  return { key, info };
}

function putRecord(store: Store, seed: number): void {
  const { info } = digestedLayer(seed);
  const record: CacheRecord = {
    version: 1,
    key: digestOf(`key ${seed}`),
    layer: info,
    created: "2024-01-01T00:00:00Z",
    description: "RUN true",
  };
  store.records.put(record.key, encodeRecord(record));
}

describe.runIf(isRoot)("pruning", () => {
  it("keeps what a name needs, and removes the rest", async () => {
    const store = newStore();
    const [named, other] = [await putImage(store, 1), await putImage(store, 2)];
    await store.images.tag("example.test/app:1", named.descriptor);
    for (const seed of [1, 2]) await putLayer(store, seed);
    const { stack } = imageChain([named.diffId], [named.layer]).layers[0]!;
    for (const key of [stack, digestOf("stack of nothing")])
      await store.layers.commitSnapshot(key, store.temp.directory("stack"), { form: "native" });
    expect((await run(store)).removed).toBe(5);
    const blobs = [named, other].flatMap(({ descriptor, config, layer }) => [descriptor, config, layer]);
    expect(blobs.map(({ digest }) => store.blobs.has(digest))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([...store.layers.keys()].sort()).toEqual([named.diffId, stack].sort());
    expect(store.layers.snapshot(named.diffId)?.form).toBe("native");
    expect(await run(store)).toEqual({ removed: 0, bytes: 0 });
  });

  it("keeps every image of an index, and compressed forms of layers that stay", async () => {
    const store = newStore();
    const [one, two] = [await putImage(store, 1), await putImage(store, 2)];
    const index = await putDocument(store, MEDIA.ociIndex, {
      schemaVersion: 2,
      mediaType: MEDIA.ociIndex,
      manifests: [one.descriptor, two.descriptor, { ...one.descriptor, digest: digestOf("absent") }],
    });
    await store.images.tag("example.test/app:1", index);
    const form = await store.blobs.writeBytes(bytesOf(50, 100));
    const lost = await store.blobs.writeBytes(bytesOf(51, 100));
    store.addForm(one.diffId, { compression: "zstd", settings: "3", ...form });
    store.addForm(digestedLayer(9).key, { compression: "zstd", settings: "3", ...lost });
    expect(await run(store)).toEqual({ removed: 1, bytes: 100 });
    for (const { digest } of [index, one.config, two.config, one.layer, two.layer, form])
      expect(store.blobs.has(digest)).toBe(true);
  });

  it("keeps layers of cache records, until all is to go", async () => {
    const store = newStore();
    for (const seed of [1, 2]) await putLayer(store, seed);
    putRecord(store, 1);
    store.records.put("damaged", Buffer.from("{"));
    const { key } = digestedLayer(1);
    expect(await run(store)).toEqual({ removed: 1, bytes: 1002 });
    expect([store.layers.keys(), store.recordKeys().length]).toEqual([[key], 1]);
    expect(await run(store, true)).toEqual({ removed: 1, bytes: 1001 });
    expect([store.layers.keys(), store.recordKeys()]).toEqual([[], []]);
  });

  it("keeps layers of named images when all is to go", async () => {
    const store = newStore();
    const { descriptor, diffId } = await putImage(store, 1);
    await store.images.tag("example.test/app:1", descriptor);
    await putLayer(store, 1);
    putRecord(store, 1);
    expect(await run(store, true)).toEqual({ removed: 0, bytes: 0 });
    expect([store.layers.keys(), store.recordKeys()]).toEqual([[diffId], []]);
  });

  it("forgets the ids of images that went, and what is listed stays true", async () => {
    const store = newStore();
    const [named, other] = [await putImage(store, 1), await putImage(store, 2)];
    await store.images.tag("example.test/app:1", named.descriptor);
    for (const { config, descriptor } of [named, other]) store.images.add(config.digest, descriptor);
    await store.images.flush();
    await run(store);
    const later = newStore(store.paths.home);
    expect(later.images.findById(other.config.digest)).toBeUndefined();
    expect(later.images.findById(named.config.digest)).toEqual(named.descriptor);
    expect(JSON.parse(readFileSync(store.paths.ociIndex, "utf8")).manifests.length).toBe(1);
  });

  it("is not stopped by an image that is damaged", async () => {
    const store = newStore();
    const [good, damaged] = [await putImage(store, 1), await putImage(store, 2)];
    const nonsense = await store.blobs.writeBytes(Buffer.from("nonsense"));
    await store.images.tag("a:good", good.descriptor);
    await store.images.tag("a:damaged", damaged.descriptor);
    await store.images.tag("a:nonsense", { mediaType: MEDIA.ociManifest, ...nonsense });
    writeFileSync(store.blobs.path(damaged.descriptor.digest), "x");
    await run(store);
    expect(store.images.list().length).toBe(3);
    for (const { digest } of [good.descriptor, good.config, good.layer, nonsense])
      expect(store.blobs.has(digest)).toBe(true);
    expect(store.blobs.has(damaged.layer.digest)).toBe(false);
  });

  it("removes what dead processes left", async () => {
    const store = newStore();
    const dead = join(store.paths.temp, "1-1-1-0123456789ab");
    mkdirSync(dead);
    expect(await run(store)).toEqual({ removed: 1, bytes: 0 });
    expect(existsSync(dead)).toBe(false);
  });

  it("MT-10: cache mounts are counted, and go when all is to go, but none that is in use", async () => {
    const store = newStore();
    const cache = (name: string, bytes: number) => {
      const folder = join(store.paths.cacheMounts, name);
      mkdirSync(join(folder, "deep"), { recursive: true });
      writeFileSync(join(folder, "deep/file"), Buffer.alloc(bytes));
      symlinkSync("/", join(folder, "out"));
      return folder;
    };
    const [used, free] = [cache("used", 10), cache("free", 20)];
    const [usedOld, freeOld] = [cache("used.old-1", 100), cache("free.old-2", 200)];
    const [row] = (await diskUsage(environment(store))).filter(({ type }) => type === "Cache mounts");
    expect(row).toEqual({ type: "Cache mounts", count: 4, bytes: 330, reclaimable: 300 });
    const holder = startChild(store.paths.home, "hold", "cache-used", "shared");
    await holder.line();
    expect(await run(store)).toEqual({ removed: 1, bytes: 200 });
    expect([used, free, usedOld, freeOld].map((path) => existsSync(path))).toEqual([true, true, true, false]);
    expect(await run(store, true)).toEqual({ removed: 1, bytes: 20 });
    expect([used, free, usedOld].map((path) => existsSync(path))).toEqual([true, false, true]);
    holder.resume();
    await holder.ended;
    expect(await run(store, true)).toEqual({ removed: 2, bytes: 110 });
    expect(readdirSync(store.paths.cacheMounts)).toEqual([]);
  });

  it("waits until no build is running", async () => {
    const store = newStore();
    const { digest } = await store.blobs.writeBytes(bytesOf(1, 100));
    const builds = [1, 2].map(() => startChild(store.paths.home, "hold", "builds", "shared"));
    for (const build of builds) await build.line();
    const pruning = run(store);
    builds[0]!.resume();
    await builds[0]!.ended;
    expect(store.blobs.has(digest)).toBe(true);
    builds[1]!.kill();
    expect(await pruning).toEqual({ removed: 1, bytes: 100 });
  });

  it("says beforehand what it will remove", async () => {
    const store = newStore();
    const { descriptor } = await putImage(store, 1);
    await store.images.tag("example.test/app:1", descriptor);
    await store.blobs.writeBytes(bytesOf(9, 500));
    for (const seed of [1, 2]) await putLayer(store, seed);
    const rows = await diskUsage(environment(store));
    expect(rows.map(({ type, count, reclaimable }) => ({ type, count, reclaimable }))).toEqual([
      { type: "Blobs", count: 4, reclaimable: 500 },
      { type: "Layers", count: 2, reclaimable: 1002 },
      { type: "Cache mounts", count: 0, reclaimable: 0 },
      { type: "Containers", count: 0, reclaimable: 0 },
      { type: "Volumes", count: 0, reclaimable: 0 },
      { type: "Temporary", count: 0, reclaimable: 0 },
    ]);
    expect(await run(store)).toEqual({ removed: 2, bytes: 1502 });
  });
});
