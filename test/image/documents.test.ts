import { describe, expect, it } from "vitest";
import { type Descriptor, MEDIA } from "../../src/core/descriptor.ts";
import { digestOf } from "../../src/core/digest.ts";
import { decodeIndex, encodeIndex, type ImageIndex } from "../../src/image/index-document.ts";
import { checkLayerCount, decodeManifest, encodeManifest, type Manifest } from "../../src/image/manifest.ts";
import { convertDescriptor } from "../../src/image/media-family.ts";

const blob = (mediaType: string, content: string): Descriptor => ({
  mediaType,
  digest: digestOf(content),
  size: content.length,
});
const manifest: Manifest = {
  family: "oci",
  config: blob(MEDIA.ociConfig, "config"),
  layers: [
    blob(MEDIA.ociLayerGzip, "one"),
    { ...blob(MEDIA.ociLayerZstd, "two"), annotations: { b: "2", a: "1" } },
  ],
  annotations: { note: "x" },
};
const decode = (value: unknown, type: string = MEDIA.ociManifest) =>
  decodeManifest(Buffer.from(JSON.stringify(value)), type);

describe("manifests", () => {
  it("MF-01: two blanks of indentation and the order of the fields", () => {
    const { bytes, descriptor } = encodeManifest({ ...manifest, layers: manifest.layers.slice(1) });
    expect(bytes.toString()).toBe(`{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": "${digestOf("config")}",
    "size": 6
  },
  "layers": [
    {
      "mediaType": "application/vnd.oci.image.layer.v1.tar+zstd",
      "digest": "${digestOf("two")}",
      "size": 3,
      "annotations": {
        "a": "1",
        "b": "2"
      }
    }
  ],
  "annotations": {
    "note": "x"
  }
}`);
    expect(descriptor).toEqual({ mediaType: MEDIA.ociManifest, digest: digestOf(bytes), size: bytes.length });
  });

  it("MF-01: artifactType and subject have their places", () => {
    const text = encodeManifest({
      ...manifest,
      artifactType: "t",
      subject: manifest.config,
    }).bytes.toString();
    expect(Object.keys(JSON.parse(text))).toEqual([
      "schemaVersion",
      "mediaType",
      "artifactType",
      "config",
      "layers",
      "subject",
      "annotations",
    ]);
  });

  it("decodes what it encodes", () => {
    const whole: Manifest = { ...manifest, artifactType: "t", subject: blob(MEDIA.ociManifest, "s") };
    expect(decodeManifest(encodeManifest(whole).bytes, MEDIA.ociManifest)).toEqual(whole);
  });

  it("LT-10: converts to Docker's types and back; zstd gets the Docker-like suffix", () => {
    const docker = [manifest.config, ...manifest.layers].map((blob) => convertDescriptor(blob, "docker"));
    expect(docker.map((d) => d.mediaType)).toEqual([
      MEDIA.dockerConfig,
      MEDIA.dockerLayerGzip,
      MEDIA.dockerLayerZstd,
    ]);
    expect(docker[2]?.annotations).toBeUndefined();
    expect(docker.map((d) => convertDescriptor(d, "oci").mediaType)).toEqual([
      MEDIA.ociConfig,
      MEDIA.ociLayerGzip,
      MEDIA.ociLayerZstd,
    ]);
  });

  it("LT-10: non-distributable layers become distributable", () => {
    const foreign = blob("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "x");
    expect(convertDescriptor(foreign, "docker").mediaType).toBe(MEDIA.dockerLayerGzip);
  });

  it("LT-10: or stay what they are, in either family, where that is preferred", () => {
    const oci = blob("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "x");
    const docker = convertDescriptor(oci, "docker", { keepExternal: true });
    expect(docker.mediaType).toBe("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    expect(convertDescriptor(docker, "oci", { keepExternal: true })).toEqual(oci);
    const ordinary = blob(MEDIA.ociLayerGzip, "x");
    expect(convertDescriptor(ordinary, "oci", { keepExternal: true })).toEqual(ordinary);
  });

  it("LT-11: annotations that builders and stores keep for themselves do not leave", () => {
    const kept = { "containerd.io/snapshot/stargz/toc.digest": "sha256:0", note: "x" };
    const layer = {
      ...blob(MEDIA.ociLayerGzip, "x"),
      annotations: {
        ...kept,
        "containerd.io/uncompressed": "sha256:1",
        "buildkit/createdat": "2026-01-01T00:00:00Z",
        "containerd.io/distribution.source.docker.io": "library/busybox",
      },
    };
    expect(convertDescriptor(layer, "oci").annotations).toEqual(kept);
    expect(convertDescriptor(layer, "docker")).not.toHaveProperty("annotations");
    const internal = { ...layer, annotations: { "buildkit/createdat": "2026-01-01T00:00:00Z" } };
    expect(convertDescriptor(internal, "oci")).not.toHaveProperty("annotations");
  });

  const { digest, size, mediaType } = manifest.config;
  const config = { digest, size, mediaType };
  it.each([
    [
      { schemaVersion: 1, fsLayers: [] },
      "the image has a Docker schema 1 manifest, which is no longer supported",
    ],
    [{ schemaVersion: 3, config }, "the image manifest: schemaVersion must be 2"],
    [{ schemaVersion: 2 }, 'the image manifest has no member "config"'],
    [
      { schemaVersion: 2, config: { ...config, digest: "sha512:00" } },
      "the image manifest: config.digest is not a sha256 digest",
    ],
    [
      { schemaVersion: 2, config: { ...config, size: -1 } },
      "the image manifest: config.size must not be negative",
    ],
    [
      { schemaVersion: 2, config, layers: [], manifests: [] },
      'the image manifest has both "manifests" and "layers" or "config": it could be read as two different things',
    ],
    [
      { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [] },
      `the image manifest: mediaType is "${MEDIA.ociIndex}", but the descriptor says "${MEDIA.ociManifest}"`,
    ],
  ])("refuses %j", (value, message) => {
    expect(() => decode(value)).toThrow(expect.objectContaining({ code: "IMAGE_INVALID", message }));
  });

  it("refuses schema 1 by its media type", () => {
    const type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    expect(() => decode({ schemaVersion: 1 }, type)).toThrow(
      "schema 1 manifest, which is no longer supported",
    );
    expect(() => decode({ schemaVersion: 2, config }, MEDIA.ociIndex)).toThrow("has the media type");
  });

  it("compares the layers with the config's diff IDs", () => {
    const image = { platform: { os: "linux", architecture: "amd64" }, config: {}, history: [], diffIds: [] };
    expect(() => checkLayerCount(manifest, image)).toThrow(
      "the image manifest has 2 layers, but its config has 0 diff IDs",
    );
  });
});

describe("indexes", () => {
  const platform = { os: "linux", architecture: "arm", variant: "v7", osVersion: "1" };
  const index: ImageIndex = {
    family: "oci",
    manifests: [{ ...blob(MEDIA.ociManifest, "m"), platform, annotations: { a: "b" } }],
    annotations: { n: "x" },
  };

  it("MF-01: order of the fields, platform included", () => {
    const text = encodeIndex(index).bytes.toString();
    expect(text.replace(/\s+/g, "")).toBe(
      `{"schemaVersion":2,"mediaType":"${MEDIA.ociIndex}","manifests":[{"mediaType":"${MEDIA.ociManifest}",` +
        `"digest":"${digestOf("m")}","size":1,"annotations":{"a":"b"},"platform":{"architecture":"arm","os":"linux",` +
        '"os.version":"1","variant":"v7"}}],"annotations":{"n":"x"}}',
    );
    expect(decodeIndex(Buffer.from(text), MEDIA.ociIndex)).toEqual(index);
  });
});
