import { MEDIA } from "../../src/core/descriptor.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import { decodeImageConfig } from "../../src/image/decode-config.ts";
import { decodeDockerManifest } from "../../src/image/docker-manifest.ts";
import { encodeImageConfig } from "../../src/image/encode-config.ts";
import { decodeIndex, encodeIndex } from "../../src/image/index-document.ts";
import { decodeManifest, encodeManifest } from "../../src/image/manifest.ts";
import { must, type Target } from "../engine/target.ts";
import { growingJson, mutateJson } from "../grammar/json.ts";
import { checkShown } from "./shown-error.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const descriptor = (mediaType: string) => ({
  mediaType,
  digest: DIGEST,
  size: 7,
  annotations: { "org.a": "b" },
});

const SEEDS = [
  {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: descriptor(MEDIA.ociConfig),
    layers: [descriptor(MEDIA.ociLayerGzip)],
    annotations: { a: "b" },
    subject: descriptor(MEDIA.ociManifest),
  },
  {
    schemaVersion: 2,
    mediaType: MEDIA.ociIndex,
    manifests: [
      {
        ...descriptor(MEDIA.ociManifest),
        platform: { os: "linux", architecture: "arm", variant: "v7", "os.features": ["x"] },
      },
    ],
  },
  {
    architecture: "amd64",
    os: "linux",
    author: "a",
    created: "2024-01-01T00:00:00.5Z",
    config: {
      Env: ["A=b"],
      Cmd: "x",
      Entrypoint: ["y"],
      ExposedPorts: { "1/tcp": {} },
      Volumes: { "/v": {} },
      Labels: { l: "v" },
      OnBuild: ["RUN x"],
      Healthcheck: { Test: ["CMD", "x"], Interval: 1 },
      ArgsEscaped: true,
      Shell: ["sh"],
    },
    history: [{ created: "2024-01-01T00:00:00Z", created_by: "RUN", empty_layer: true }],
    rootfs: { type: "layers", diff_ids: [DIGEST] },
  },
  [{ Config: "a.json", RepoTags: ["a:b"], Layers: ["l/layer.tar"] }],
];

/** Documents of registries and archives: manifests, indexes, configs, manifest.json. What is read is written and read again. */
export const documentsTarget: Target = {
  name: "documents",
  about: "JSON of registries and archives: manifest, index, config, manifest.json",
  seeds: SEEDS.map((document) => Buffer.from(JSON.stringify(document))),
  dictionary: [
    "null",
    "{}",
    "[]",
    '"',
    ":",
    ",",
    "1e999",
    DIGEST,
    ...Object.values(MEDIA).map((type) => JSON.stringify(type)),
  ],
  generate: (random) => {
    let bytes: Buffer = Buffer.from(JSON.stringify(random.pick(SEEDS)));
    for (let left = random.between(1, 4); left > 0; left--)
      bytes = mutateJson(bytes, { random, other: bytes, words: [] });
    return bytes;
  },
  grow: (random) => growingJson(random.pick(SEEDS), random),
  mutators: [mutateJson, mutateJson, mutateJson, mutateJson, mutateJson, mutateJson],
  run: (input) => {
    const readers = [
      () =>
        stable(
          input,
          (bytes) => decodeManifest(bytes, MEDIA.ociManifest),
          (value) => encodeManifest(value).bytes,
        ),
      () =>
        stable(
          input,
          (bytes) => decodeIndex(bytes, MEDIA.ociIndex),
          (value) => encodeIndex(value).bytes,
        ),
      () => stable(input, decodeImageConfig, encodeImageConfig),
      () => void decodeDockerManifest(input),
    ];
    for (const reader of readers) answer(reader);
  },
};

/** Errors are answers here; each reader gets its turn. */
function answer(reader: () => void): void {
  try {
    reader();
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === "INTERNAL") throw error;
    checkShown(error);
  }
}

function stable<T>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
): void {
  const once = encode(decode(bytes));
  const twice = encode(decode(once));
  must(
    Buffer.compare(once, twice) === 0,
    () => `written and read again it is another: ${Buffer.from(once)} ${Buffer.from(twice)}`,
  );
}
