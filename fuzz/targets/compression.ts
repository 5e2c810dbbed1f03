import { deflateRawSync, gzipSync } from "node:zlib";
import { decompressor, detectCompression } from "../../src/layer/compression.ts";
import { Random } from "../engine/random.ts";
import { must, type Target } from "../engine/target.ts";
import { tarArchive } from "../grammar/tar.ts";

/** Short texts in the compressions that Node cannot write. */
const SAMPLES = {
  bzip2: "QlpoOTFBWSZTWU1SZMsAAAjRgAAQQAAgJEigIAAxBkxBHqmh6eoiQTCVETRdyRThQkE1SZMs",
  bzip2Long:
    "QlpoMTFBWSZTWQKV0F0AACbRiIAQQAA4JEigAACACCAAUIBoAClUAMTBap30LaVzkuEnir4slgsDy1ovRfi7kinChIAUroLo",
  xz: "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAXAA9dADmbCWHz+IHYjGEfMYDAAAAAjdC9qyqpQ+0AASsYFNCaRR+2830BAAAAAARZWg==",
  zstd: "KLUv/QRolQAASHNsaXB3YXkgCgIA7YzE7nIBn0NRGw==",
} as const;

/** Zeros compress a thousandfold; reading on says nothing new. */
const MOST_BYTES = 64 << 20;

/** Compressed streams. How they are cut changes nothing. */
export const compressionTarget: Target = {
  name: "compression",
  about: "gzip, bzip2, xz and zstd streams, several behind each other, cut into chunks anywhere",
  seeds: [
    ...Object.values(SAMPLES).map((text) => Buffer.from(text, "base64")),
    gzipSync("slipway"),
    gzipSync(tarArchive(new Random(1))),
  ],
  dictionary: ["BZh9", "1AY&SY", "\u001f", "\0\0\0\0"],
  generate: (random) => {
    const data = random.chance(0.5)
      ? tarArchive(random)
      : Buffer.alloc(random.skewed(100_000), random.pick(["a", "ab", "\0"]));
    const members = random.several(1, 3, () => gzipSync(data, { level: random.below(10) }));
    return random.chance(0.9)
      ? Buffer.concat(members)
      : Buffer.concat([gzipHeader(random), deflateRawSync(data), Buffer.alloc(8)]);
  },
  grow: (random) => {
    const member = gzipSync(Buffer.alloc(random.skewed(2000), "ab"));
    return (times) => Buffer.concat(Array.from({ length: times }, () => member));
  },
  run: async (input) => {
    const kind = detectCompression(Buffer.from(input));
    if (!kind) return;
    const whole = await read(kind, [input]);
    const pieces = await read(kind, inPieces(input));
    must(
      whole.length === pieces.length || whole.cut === true || pieces.cut === true,
      () => `${whole.length} bytes in one piece, ${pieces.length} in several`,
    );
    must(
      Boolean(whole.error) === Boolean(pieces.error) || whole.cut === true,
      () => `the error depends on how the stream is cut: ${String(whole.error)}, ${String(pieces.error)}`,
    );
    if (whole.error) throw whole.error;
    if (pieces.error) throw pieces.error;
  },
};

interface Outcome {
  readonly length: number;
  readonly error?: unknown;
  readonly cut?: boolean;
}

async function read(
  kind: Parameters<typeof decompressor>[0],
  chunks: Iterable<Uint8Array>,
): Promise<Outcome> {
  let length = 0;
  try {
    for await (const chunk of decompressor(
      kind,
      (async function* () {
        yield* chunks;
      })(),
    )) {
      length += chunk.length;
      if (length > MOST_BYTES) return { length, cut: true };
    }
    return { length };
  } catch (error) {
    return { length: 0, error };
  }
}

function inPieces(input: Uint8Array): Uint8Array[] {
  const random = new Random(input.length);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < input.length; ) {
    const length = random.between(1, 97);
    pieces.push(input.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** With the optional fields: extra, name, comment, checksum. */
function gzipHeader(random: Random): Buffer {
  return Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, random.below(32), 0, 0, 0, 0, 0, 3]),
    Buffer.from("\u0002\u0000xxname\0comment\0", "latin1"),
  ]);
}
