import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Chain } from "../../src/execute/chain.ts";
import { LayerAccess } from "../../src/execute/layer-access.ts";
import { openStore } from "../../src/store/store.ts";
import { writeArchive } from "../layer/archives.ts";
import { file } from "../layer/entries.ts";
import { temporaryFolder } from "../support/folders.ts";

const archive = writeArchive([file("a", { size: 11 })]);
const gzip = gzipSync(archive);
const blob = {
  mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
  digest: digestOf(gzip),
  size: gzip.length,
};
const diffId = digestOf(archive);
const chain = { layers: [{ diffId, stack: diffId, blob }] } as unknown as Chain;

/** Access to a store without the blob. `stream`: what a download gives; it fails at its end where the bytes are wrong. */
function newAccess(stream: Uint8Array) {
  const store = openStore(temporaryFolder());
  onTestFinished(() => store.close());
  const calls: string[] = [];
  const access = new LayerAccess({
    store,
    form: { kind: "portable" },
    signal: new AbortController().signal,
    fetchBlob: async () => {
      calls.push("fetch");
      await store.blobs.writeBytes(gzip);
    },
    streamBlob: async function* () {
      calls.push("stream");
      yield stream.subarray(0, 20);
      await store.blobs.write(
        (async function* () {
          yield stream;
        })(),
        blob,
      );
      yield stream.subarray(20);
    },
  });
  return { access, calls };
}

describe("a layer of a base that nobody has read", () => {
  it("is read while it is downloaded", async () => {
    const { access, calls } = newAccess(gzip);
    const tree = await access.tree("base", chain, true);
    expect(tree.lookup("a")).toMatchObject({ type: "file", size: 11 });
    expect(await access.snapshots(chain)).toHaveLength(1);
    expect(calls).toEqual(["stream"]);
  });

  it("is read again where the download gave wrong bytes, be they a sound layer or none at all", async () => {
    for (const wrong of [gzipSync(writeArchive([file("b", { size: 4 })])), Buffer.alloc(gzip.length)]) {
      const { access, calls } = newAccess(wrong);
      const tree = await access.tree("base", chain, true);
      expect(tree.lookup("a")).toMatchObject({ type: "file", size: 11 });
      expect(tree.lookup("b")).toBeUndefined();
      expect(calls).toEqual(["stream", "fetch"]);
    }
  });

  it("is not asked for again where the right bytes are no sound layer", async () => {
    const { access, calls } = newAccess(gzip);
    const other = digestOf(Buffer.from("another"));
    const wrongDiffId = { layers: [{ diffId: other, stack: other, blob }] } as unknown as Chain;
    await expect(access.tree("base", wrongDiffId)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(calls).toEqual(["stream"]);
  });
});
