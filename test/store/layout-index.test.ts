import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MEDIA } from "../../src/core/descriptor.ts";
import type { Store } from "../../src/store/store.ts";
import { newStore } from "./open-store.ts";
import { bytesOf, putDocument, putImage, read } from "./sample-content.ts";

function layout(store: Store): { manifests: { digest: string; annotations: Record<string, string> }[] } {
  return JSON.parse(readFileSync(store.paths.ociIndex, "utf8"));
}

function listed(store: Store): string[] {
  return layout(store).manifests.map(({ annotations }) => annotations["io.containerd.image.name"]!);
}

describe("the OCI image layout", () => {
  it("is one from the first moment (OCI image-spec v1.1 §image-layout)", () => {
    const store = newStore();
    expect(JSON.parse(readFileSync(join(store.paths.oci, "oci-layout"), "utf8"))).toEqual({
      imageLayoutVersion: "1.0.0",
    });
    expect(layout(store)).toEqual({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [] });
  });

  it("XP-02: names the images whose blobs are all there, and no others", async () => {
    const store = newStore();
    const whole = await putImage(store, 1);
    const lacking = await putImage(store, 2, { layer: false });
    const absent = { mediaType: MEDIA.ociManifest, digest: whole.diffId, size: 3 };
    await store.images.tag("example.test/lacking:1", lacking.descriptor);
    await store.images.tag("example.test/absent:1", absent);
    await store.images.tag("localhost:5000/whole", whole.descriptor);
    await store.images.tag("example.test/whole:v2", whole.descriptor);
    expect(layout(store).manifests).toEqual([
      {
        ...whole.descriptor,
        annotations: {
          "io.containerd.image.name": "localhost:5000/whole",
          "org.opencontainers.image.ref.name": "latest",
        },
      },
      {
        ...whole.descriptor,
        annotations: {
          "io.containerd.image.name": "example.test/whole:v2",
          "org.opencontainers.image.ref.name": "v2",
        },
      },
    ]);
    await store.images.untag("localhost:5000/whole");
    expect(listed(store)).toEqual(["example.test/whole:v2"]);
  });

  it("XP-02: names an index of which one image is whole", async () => {
    const store = newStore();
    const [whole, lacking] = [await putImage(store, 1), await putImage(store, 2, { layer: false })];
    const indexOf = (manifests: unknown[]) =>
      putDocument(store, MEDIA.ociIndex, { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests });
    await store.images.tag("a:both", await indexOf([lacking.descriptor, whole.descriptor]));
    await store.images.tag("a:lacking", await indexOf([lacking.descriptor]));
    await store.images.tag("a:empty", await indexOf([]));
    expect(listed(store)).toEqual(["a:both"]);
  });

  it("follows blobs that come and go after the image was named, at the latest when the store is closed", async () => {
    const store = newStore();
    const { descriptor, layer } = await putImage(store, 1, { layer: false });
    await store.images.tag("a:1", descriptor);
    expect(listed(store)).toEqual([]);
    const partial = await store.blobs.partial(layer.digest);
    await partial.append(bytesOf(1, 3000));
    await partial.finish();
    await store.close();
    expect(listed(store)).toEqual(["a:1"]);
    const later = newStore(store.paths.home);
    later.blobs.delete(layer.digest);
    await later.close();
    expect(listed(later)).toEqual([]);
  });

  it("leaves out an image whose documents are damaged; the others can still be named", async () => {
    const store = newStore();
    const [good, damaged] = [await putImage(store, 1), await putImage(store, 2)];
    const nonsense = {
      mediaType: MEDIA.ociManifest,
      ...(await store.blobs.writeBytes(Buffer.from("nonsense"))),
    };
    const odd = await putDocument(store, MEDIA.ociManifest, { layers: [null], config: 3 });
    await store.images.tag("a:damaged", damaged.descriptor);
    writeFileSync(store.blobs.path(damaged.descriptor.digest), "x".repeat(damaged.descriptor.size));
    await store.images.tag("a:nonsense", nonsense);
    await store.images.tag("a:odd", odd);
    await store.images.tag("a:wrong-size", { ...good.descriptor, size: 1 });
    await store.images.tag("a:good", good.descriptor);
    expect(listed(store)).toEqual(["a:good"]);
    expect((await read(store.blobs.open(good.descriptor))).length).toBe(good.descriptor.size);
  });
});
