import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseReference } from "../../src/image/reference.ts";
import { fetchBlob, streamBlob } from "../../src/registry/fetch-blob.ts";
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

describe("streamBlob", () => {
  const big = Buffer.alloc(1_000_000, "0123456789");
  const bigLayer = blobOf(big);

  it("gives the bytes while they are downloaded, the last of them when the blob is in its place", async () => {
    const server = await serving(big);
    const sources = [parseReference(`${server.host}/x`)];
    const store = await newStore();
    const chunks: Uint8Array[] = [];
    const wasThere: boolean[] = [];
    for await (const chunk of streamBlob({
      registry: testRegistry(),
      sources,
      descriptor: bigLayer,
      store,
    })) {
      chunks.push(chunk);
      wasThere.push(store.blobs.has(bigLayer.digest));
    }
    expect(Buffer.concat(chunks).equals(big)).toBe(true);
    expect(wasThere.length).toBeGreaterThan(1);
    expect(wasThere.indexOf(true)).toBe(wasThere.length - 1);
    expect((await collectAll(store.blobs.open(bigLayer))).equals(big)).toBe(true);
  });

  it("never gives all of wrong bytes, and stores nothing of them", async () => {
    const server = await serving(Buffer.alloc(big.length, 1));
    const sources = [parseReference(`${server.host}/x`)];
    const store = await newStore();
    let given = 0;
    const reading = (async () => {
      const stream = streamBlob({ registry: testRegistry(), sources, descriptor: bigLayer, store });
      for await (const chunk of stream) given += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(given).toBeLessThan(big.length);
    expect(store.blobs.has(bigLayer.digest)).toBe(false);
  });

  it("leaves the download for later where nobody reads on, and goes on with it", async () => {
    const server = await startFake((request, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const range = { "content-range": `bytes ${from}-${big.length - 1}/${big.length}` };
      response.writeHead(from > 0 ? 206 : 200, range).end(big.subarray(from));
    });
    const sources = [parseReference(`${server.host}/x`)];
    const store = await newStore();
    const request = { registry: testRegistry(), sources, descriptor: bigLayer, store };
    for await (const _ of streamBlob(request)) break;
    expect(store.blobs.has(bigLayer.digest)).toBe(false);
    expect((await collectAll(streamBlob(request))).equals(big)).toBe(true);
    expect(server.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
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
