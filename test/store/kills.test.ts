import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { Store } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/folders.ts";
import { useChildProgram } from "./child.ts";
import { leftovers } from "./open-store.ts";

const ROUNDS = 20;
const LONGEST_LIFE_MS = 250;
const startChild = useChildProgram();

/** Fails where anything that the store lists is not whole. */
async function checkStore(store: Store): Promise<void> {
  for (const name of readdirSync(store.paths.blobs)) {
    const bytes = readFileSync(join(store.paths.blobs, name));
    expect(digestOf(bytes)).toBe(`sha256:${name}`);
  }
  for (const { descriptor } of store.images.list()) {
    const manifest = JSON.parse((await store.blobs.readBytes(descriptor, 10_000)).toString("utf8"));
    for (const blob of [manifest.config, ...manifest.layers]) expect(store.blobs.has(blob.digest)).toBe(true);
  }
  for (const key of store.layers.keys()) checkLayer(store, key);
  for (const { value } of store.recordKeys()) expect(value.toString()).toMatch(/^(\d+)\1{499}$/);
  expect(JSON.parse(readFileSync(store.paths.ociIndex, "utf8"))).toMatchObject({ schemaVersion: 2 });
}

function checkLayer(store: Store, key: ReturnType<Store["layers"]["keys"]>[number]): void {
  const record = store.layers.get(key);
  if (record) expect(digestOf(store.layers.toc(key))).toBe(record.toc.digest);
  const snapshot = store.layers.snapshot(key);
  if (snapshot) expect(readdirSync(snapshot.path).length).toBe(20);
}

it(`survives ${ROUNDS} rounds of two processes killed while they write`, async () => {
  const home = join(temporaryFolder(), "home");
  let tagged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const children = [0, 5000].map((first) => startChild(home, "churn", String(first + round * 100)));
    await Promise.all(children.map((child) => child.line()));
    for (const child of children) {
      await sleep(Math.random() * LONGEST_LIFE_MS);
      child.kill();
    }
    expect(await Promise.all(children.map((child) => child.ended))).toEqual(["SIGKILL", "SIGKILL"]);
    const store = new Store(home);
    await checkStore(store);
    tagged = Math.max(tagged, store.images.list().length);
    expect((await store.temp.sweep()).failed).toEqual([]);
    expect([leftovers(store), strays(store)]).toEqual([[], []]);
    store.records.put("record-0", Buffer.from("1".repeat(500)));
    await store.close();
  }
  expect(tagged).toBeGreaterThan(0);
});

/** Files in the store that no part of it knows. */
function strays(store: Store): string[] {
  const known =
    /^(oci|layers|tmp|locks|containers|version|images\.json|index\.lmdb(-lock|-dirty|-writers|-turn)?)$/;
  const inOci = readdirSync(store.paths.oci).filter((name) => !/^(blobs|oci-layout|index\.json)$/.test(name));
  const inLayers = store.layers
    .keys()
    .flatMap((key) =>
      readdirSync(store.layers.path(key)).filter((name) => !/^(layer\.json|toc|fs|fs-\d+\.json)$/.test(name)),
    );
  const inHome = readdirSync(store.paths.home).filter((name) => !known.test(name));
  return [...inHome, ...inOci, ...inLayers, ...(existsSync(store.paths.version) ? [] : ["no version"])];
}
