import { describe, expect, it } from "vitest";
import { type Descriptor, MEDIA } from "../../src/core/descriptor.ts";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import { type ContentSource, type ContentTarget, copyImage } from "../../src/image/copy.ts";
import { encodeIndex } from "../../src/image/index-document.ts";
import { encodeManifest } from "../../src/image/manifest.ts";

class Memory implements ContentSource, ContentTarget {
  readonly blobs = new Map<Digest, Buffer>();
  readonly fetched: Digest[] = [];
  readonly order: Digest[] = [];
  active = 0;
  peak = 0;

  add(mediaType: string, content: string | Buffer): Descriptor {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }
  async fetch({ digest }: Descriptor): Promise<AsyncIterable<Uint8Array>> {
    this.fetched.push(digest);
    const bytes = this.blobs.get(digest)!;
    return (async function* () {
      for (let i = 0; i < bytes.length; i += 3) {
        await new Promise((resolve) => setImmediate(resolve));
        yield bytes.subarray(i, i + 3);
      }
    })();
  }
  async has({ digest }: Descriptor): Promise<boolean> {
    return this.blobs.has(digest);
  }
  async push({ digest }: Descriptor, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.active += 1;
    this.peak = Math.max(this.peak, this.active);
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      this.blobs.set(digest, Buffer.concat(chunks));
      this.order.push(digest);
    } finally {
      this.active -= 1;
    }
  }
}

function addImage(memory: Memory, architecture: string, layers: readonly string[]): Descriptor {
  const config = memory.add(MEDIA.ociConfig, `config ${architecture}`);
  const blobs = layers.map((content) => memory.add(MEDIA.ociLayer, content));
  const { bytes, descriptor } = encodeManifest({ family: "oci", config, layers: blobs });
  memory.add(MEDIA.ociManifest, bytes);
  return { ...descriptor, platform: { os: "linux", architecture } };
}
function addIndex(memory: Memory): { root: Descriptor; amd64: Descriptor; arm64: Descriptor } {
  const amd64 = addImage(memory, "amd64", ["shared layer", "layer of amd64"]);
  const arm64 = addImage(memory, "arm64", ["shared layer", "layer of arm64"]);
  const { bytes, descriptor } = encodeIndex({ family: "oci", manifests: [amd64, arm64] });
  memory.add(MEDIA.ociIndex, bytes);
  return { root: descriptor, amd64, arm64 };
}

describe("copying an image", () => {
  it("copies everything once, children before parents", async () => {
    const [from, to] = [new Memory(), new Memory()];
    const { root, amd64 } = addIndex(from);
    await copyImage({ from, to, descriptor: root });
    expect(new Set(to.blobs.keys())).toEqual(new Set(from.blobs.keys()));
    expect(new Set(from.fetched).size).toBe(from.fetched.length);
    expect(to.order.at(-1)).toBe(root.digest);
    const manifestAt = to.order.indexOf(amd64.digest);
    for (const content of ["config amd64", "shared layer", "layer of amd64"])
      expect(to.order.indexOf(digestOf(content))).toBeLessThan(manifestAt);
  });

  it("keeps to the limit of transfers", async () => {
    const [from, to] = [new Memory(), new Memory()];
    const layers = Array.from({ length: 12 }, (_, i) => `layer ${i}`);
    await copyImage({ from, to, descriptor: addImage(from, "amd64", layers), concurrency: 3 });
    expect(to.peak).toBe(3);
  });

  it("skips what is there and what can be mounted", async () => {
    const [from, to] = [new Memory(), new Memory()];
    const { root, arm64 } = addIndex(from);
    to.blobs.set(digestOf("shared layer"), Buffer.from("shared layer"));
    to.blobs.set(arm64.digest, from.blobs.get(arm64.digest)!);
    const states = new Map<Digest, string>();
    const target: ContentTarget = {
      has: (d) => to.has(d),
      push: (d, c) => to.push(d, c),
      mountFrom: async (d) => d.digest === digestOf("layer of amd64"),
    };
    const onProgress = (p: { descriptor: Descriptor; state: string }) =>
      states.set(p.descriptor.digest, p.state);
    await copyImage({ from, to: target, descriptor: root, onProgress });
    expect(states.get(digestOf("shared layer"))).toBe("exists");
    expect(states.get(arm64.digest)).toBe("exists");
    expect(states.get(digestOf("layer of amd64"))).toBe("mounted");
    expect(states.get(root.digest)).toBe("done");
    expect(from.fetched).not.toContain(digestOf("layer of arm64"));
  });

  it("copies only the platforms asked for", async () => {
    const [from, to] = [new Memory(), new Memory()];
    const { root, amd64, arm64 } = addIndex(from);
    const platforms = [{ os: "linux", architecture: "arm64" }];
    await copyImage({ from, to, descriptor: root, platforms });
    expect(to.blobs.has(arm64.digest)).toBe(true);
    expect(to.blobs.has(amd64.digest)).toBe(false);
    const s390x = [{ os: "linux", architecture: "s390x" }];
    await expect(
      copyImage({ from, to: new Memory(), descriptor: root, platforms: s390x }),
    ).rejects.toMatchObject({
      code: "PLATFORM_UNAVAILABLE",
    });
  });

  it.each([
    ["changed", "shared lay3r"],
    ["longer", "shared layer!"],
    ["shorter", "shared laye"],
  ])("stops at a blob with %s bytes and writes no manifest", async (_, bytes) => {
    const [from, to] = [new Memory(), new Memory()];
    const { root, amd64, arm64 } = addIndex(from);
    from.blobs.set(digestOf("shared layer"), Buffer.from(bytes));
    await expect(copyImage({ from, to, descriptor: root })).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
    for (const { digest } of [root, amd64, arm64]) expect(to.blobs.has(digest)).toBe(false);
    expect(to.blobs.has(digestOf("shared layer"))).toBe(false);
    expect(to.active).toBe(0);
  });

  it("ends with CANCELLED when aborted, after the transfers have stopped", async () => {
    const [from, to] = [new Memory(), new Memory()];
    const { root } = addIndex(from);
    const abort = new AbortController();
    const copying = copyImage({
      from,
      to,
      descriptor: root,
      signal: abort.signal,
      onProgress: ({ state, current }) => {
        if (state === "active" && current > 3) abort.abort("enough");
      },
    });
    await expect(copying).rejects.toMatchObject({ code: "CANCELLED", cause: "enough" });
    expect(to.active).toBe(0);
    expect(to.blobs.has(root.digest)).toBe(false);
  });
});
