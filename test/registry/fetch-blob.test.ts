import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseReference } from "../../src/image/reference.ts";
import { fetchBlob } from "../../src/registry/fetch-blob.ts";
import { inParallel } from "../../src/registry/parallel.ts";
import { openStore } from "../../src/store/store.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";
import { blobOf, collectAll, startFake, testRegistry } from "./fake-registry.ts";

const bytes = Buffer.from("a layer that several places have");
const layer = blobOf(bytes);

async function newStore() {
  const store = await openStore(temporaryFolder());
  onTestFinished(() => store.close());
  return store;
}

const serving = (content: Buffer) => startFake((_, response) => void response.end(content));

describe("fetchBlob", () => {
  it("takes the next mirror where one gives wrong bytes, and keeps nothing of them", async () => {
    const wrong = await serving(Buffer.alloc(bytes.length, 1));
    const longer = await serving(Buffer.concat([bytes, bytes]));
    const right = await serving(bytes);
    const mirrors = [wrong, longer].map(({ host }) => `[[registry.mirror]]\nlocation = "${host}"\n`);
    const toml = `[[registry]]\nlocation = "${right.host}"\n${mirrors.join("")}`;
    const folder = writeTree(temporaryFolder(), { "r.conf": toml });
    const registry = testRegistry({ registriesConfPaths: [join(folder, "r.conf")] });
    const store = await newStore();
    const sources = [parseReference(`${right.host}/x`)];
    await fetchBlob({ registry, sources, descriptor: layer, store });
    expect(await collectAll(store.blobs.open(layer))).toEqual(bytes);
    expect([wrong, longer, right].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  });

  it("takes the next repository where one fails; the last failure counts", async () => {
    const wrong = await serving(Buffer.alloc(bytes.length, 1));
    const right = await serving(bytes);
    const sources = [wrong, right].map(({ host }) => parseReference(`${host}/x`));
    const registry = testRegistry();
    const store = await newStore();
    await fetchBlob({ registry, sources, descriptor: layer, store });
    expect(store.blobs.has(layer.digest)).toBe(true);
    const other = await newStore();
    await expect(
      fetchBlob({ registry, sources: sources.slice(0, 1), descriptor: layer, store: other }),
    ).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(other.blobs.has(layer.digest)).toBe(false);
  });

  it("without sources says that the blob is nowhere", async () => {
    await expect(
      fetchBlob({ registry: testRegistry(), sources: [], descriptor: layer, store: await newStore() }),
    ).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
  });
});

describe("inParallel", () => {
  it("throws the first failure only when all others have come to rest", async () => {
    const ended: number[] = [];
    const work = async (item: number, signal: AbortSignal): Promise<void> => {
      if (item === 1) throw new Error("first");
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(item);
      throw new Error("later");
    };
    await expect(inParallel([0, 1, 2, 3], { limit: 2 }, work)).rejects.toThrow("first");
    expect(ended).toEqual([0]);
  });

  it("never does more than the limit at a time, and everything once", async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5], { limit: 2 }, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done.push(item);
    });
    expect(most).toBe(2);
    expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  });
});
