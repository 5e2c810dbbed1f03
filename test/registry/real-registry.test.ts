import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Descriptor, MEDIA } from "../../src/core/descriptor.ts";
import type { Platform } from "../../src/core/platform.ts";
import type { ContentSource } from "../../src/image/copy.ts";
import { encodeIndex } from "../../src/image/index-document.ts";
import { encodeManifest } from "../../src/image/manifest.ts";
import { parseReference } from "../../src/image/reference.ts";
import { fetchBlob, pullImage } from "../../src/registry/pull.ts";
import { pushImage } from "../../src/registry/push.ts";
import { openStore } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/folders.ts";
import { REGISTRY_ACCOUNT, startRegistry, type TestRegistry } from "../support/registry.ts";
import { blobOf, collectAll, testRegistry } from "./fake-registry.ts";

/** Content by digest, and a source of it. */
class Shelf implements ContentSource {
  readonly #contents = new Map<string, Uint8Array>();

  put(bytes: Uint8Array, mediaType: string): Descriptor {
    const descriptor = blobOf(bytes, mediaType);
    this.#contents.set(descriptor.digest, bytes);
    return descriptor;
  }

  async fetch({ digest }: Descriptor): Promise<AsyncIterable<Uint8Array>> {
    const bytes = this.#contents.get(digest)!;
    return (async function* () {
      yield bytes;
    })();
  }

  /** An image for a platform with one layer. */
  image(platform: Platform, family: "oci" | "docker", layerType: string, text: string): Descriptor {
    const config = {
      os: platform.os,
      architecture: platform.architecture,
      rootfs: { type: "layers", diff_ids: [] },
    };
    const configType = family === "oci" ? MEDIA.ociConfig : MEDIA.dockerConfig;
    const manifest = encodeManifest({
      family,
      config: this.put(Buffer.from(JSON.stringify(config)), configType),
      layers: [this.put(gzipSync(text.repeat(10_000)), layerType)],
    });
    this.put(manifest.bytes, manifest.descriptor.mediaType);
    return { ...manifest.descriptor, platform };
  }
}

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

async function newStore() {
  const store = await openStore(temporaryFolder());
  onTestFinished(() => store.close());
  return store;
}

describe("a real registry", () => {
  let server: TestRegistry;
  beforeAll(async () => {
    server = await startRegistry();
  });
  afterAll(() => server.stop());

  it.each([
    ["oci", MEDIA.ociLayerGzip],
    ["oci", MEDIA.ociLayerZstd],
    ["docker", MEDIA.dockerLayerGzip],
  ] as const)("LT-10: takes and gives images of the family %s with %s layers", async (family, layerType) => {
    const shelf = new Shelf();
    const descriptor = shelf.image(amd64, family, layerType, `${family} ${layerType}`);
    const registry = testRegistry();
    const reference = parseReference(`${server.host}/single/${family}:1`);
    await pushImage({ registry, reference, source: shelf, descriptor });
    const { platform: _, ...plain } = descriptor;
    expect(await registry.resolve(reference)).toEqual(plain);
    const store = await newStore();
    const pulled = await pullImage({ registry, reference, platform: amd64, store, lazyLayers: false });
    expect(pulled).toEqual({ root: plain, manifest: plain });
    const { layers } = JSON.parse((await store.blobs.readBytes(plain, 65536)).toString("utf8"));
    expect(layers[0].mediaType).toBe(layerType);
    expect(store.blobs.has(layers[0].digest)).toBe(true);
  });

  it("gives of an index the platform asked for; lazy layers come later, by digest too", async () => {
    const shelf = new Shelf();
    const images = [amd64, arm64].map((p) => shelf.image(p, "oci", MEDIA.ociLayerGzip, p.architecture));
    const index = encodeIndex({ family: "oci", manifests: images });
    shelf.put(index.bytes, index.descriptor.mediaType);
    const registry = testRegistry();
    const tagged = parseReference(`${server.host}/multi:1`);
    await pushImage({ registry, reference: tagged, source: shelf, descriptor: index.descriptor });

    const store = await newStore();
    const reference = parseReference(`${server.host}/multi@${index.descriptor.digest}`);
    const pulled = await pullImage({ registry, reference, platform: arm64, store, lazyLayers: true });
    expect(pulled.manifest).toEqual(images[1]);
    expect(store.blobs.has(images[0]!.digest)).toBe(false);
    const { layers, config } = JSON.parse((await store.blobs.readBytes(images[1]!, 65536)).toString("utf8"));
    expect(store.blobs.has(config.digest)).toBe(true);
    expect(store.blobs.has(layers[0].digest)).toBe(false);
    expect(store.sources(layers[0].digest)).toEqual([`${server.host}/multi`]);

    const sources = store.sources(layers[0].digest).map((name) => parseReference(name));
    await fetchBlob({ registry, sources, descriptor: layers[0], store });
    const bytes = await collectAll(store.blobs.open(layers[0]));
    expect(bytes).toEqual(gzipSync("arm64".repeat(10_000)));
    await expect(
      pullImage({
        registry,
        reference,
        platform: { os: "linux", architecture: "s390x" },
        store,
        lazyLayers: true,
      }),
    ).rejects.toMatchObject({ code: "PLATFORM_UNAVAILABLE" });
  });

  it("mounts layers from another repository, and lists tags", async () => {
    const shelf = new Shelf();
    const descriptor = shelf.image(amd64, "oci", MEDIA.ociLayerGzip, "mounted");
    const registry = testRegistry();
    const [from, to] = ["mount/a:1", "mount/b:2"].map((n) => parseReference(`${server.host}/${n}`));
    await pushImage({ registry, reference: from!, source: shelf, descriptor });
    const states: string[] = [];
    await pushImage({
      registry,
      reference: to!,
      source: shelf,
      descriptor,
      mountFrom: () => [from!],
      onProgress: ({ state }) => states.push(state),
    });
    expect(states.filter((state) => state !== "active").sort()).toEqual(["done", "mounted", "mounted"]);
    await pushImage({ registry, reference: { ...to!, tag: "3" }, source: shelf, descriptor });
    expect([...(await registry.tags(to!))].sort()).toEqual(["2", "3"]);
  });

  it("takes up a download that an earlier process left", async () => {
    const shelf = new Shelf();
    const descriptor = shelf.image(amd64, "oci", MEDIA.ociLayerGzip, "resumed");
    const registry = testRegistry();
    const reference = parseReference(`${server.host}/resume:1`);
    await pushImage({ registry, reference, source: shelf, descriptor });
    const bytes = gzipSync("resumed".repeat(10_000));
    const layer = blobOf(bytes);
    for (const [left, expected] of [
      [bytes.subarray(0, 20), 21],
      [Buffer.alloc(20, 1), 1],
    ] as const) {
      const store = await newStore();
      const partial = await store.blobs.partial(layer.digest);
      await partial.append(left);
      await partial.close();
      const seen: number[] = [];
      const onProgress = ({ current }: { current: number }) => seen.push(current);
      await fetchBlob({ registry, sources: [reference], descriptor: layer, store, onProgress });
      expect(await collectAll(store.blobs.open(layer))).toEqual(bytes);
      expect(seen.at(-1)).toBe(bytes.length);
      expect(seen[0]).toBeGreaterThanOrEqual(expected);
    }
  });

  it("says what is missing", async () => {
    await expect(testRegistry().resolve(parseReference(`${server.host}/none:1`))).rejects.toMatchObject({
      code: "REGISTRY_NOT_FOUND",
    });
  });
});

describe("a real registry that wants a password", () => {
  let server: TestRegistry;
  beforeAll(async () => {
    server = await startRegistry({ auth: true });
  });
  afterAll(() => server.stop());

  const withPassword = (password: string) => ({
    lookup: async () => ({ kind: "password", username: REGISTRY_ACCOUNT.username, password }) as const,
  });

  it("takes pushes and pulls with it, and none without", async () => {
    const shelf = new Shelf();
    const descriptor = shelf.image(amd64, "oci", MEDIA.ociLayerGzip, "private");
    const reference = parseReference(`${server.host}/private:1`);
    await expect(
      pushImage({ registry: testRegistry(), reference, source: shelf, descriptor }),
    ).rejects.toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
    const registry = testRegistry({ credentials: withPassword(REGISTRY_ACCOUNT.password) });
    await pushImage({ registry, reference, source: shelf, descriptor });
    const store = await newStore();
    await pullImage({ registry, reference, platform: amd64, store, lazyLayers: false });
    expect(store.blobs.has(descriptor.digest)).toBe(true);
  });

  it("lets only the right password ping", async () => {
    await testRegistry({ credentials: withPassword(REGISTRY_ACCOUNT.password) }).ping(server.host);
    await expect(
      testRegistry({ credentials: withPassword("wrong") }).ping(server.host),
    ).rejects.toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
    await expect(testRegistry().ping(server.host)).rejects.toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
  });
});
