import { createHash, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  type CompressionKind,
  compressor,
  compressorSettings,
  decompressor,
  detectCompression,
} from "../../src/layer/compression.ts";
import { chunksOf, hasProgram, run } from "./archives.ts";

const PROGRAMS: readonly CompressionKind[] = ["gzip", "bzip2", "xz", "zstd"];
const available = PROGRAMS.filter((name) => hasProgram(name));

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const unpack = (kind: CompressionKind, bytes: Buffer, chunk = 10_000) =>
  collect(decompressor(kind, chunksOf(bytes, chunk)));
const pack = (kind: "gzip" | "zstd", bytes: Buffer, level?: number, chunk = 100_000) =>
  collect(compressor(kind, chunksOf(bytes, chunk), level === undefined ? {} : { level }));

/** Text that compresses, long runs, and noise that does not: more than one bzip2 block of each kind. */
const SAMPLE = Buffer.concat([
  Buffer.from("the quick brown fox jumps over the lazy dog\n".repeat(40_000)),
  Buffer.alloc(3_000_000, "z"),
  randomBytes(1_200_000),
  Buffer.from("aaaabbbbbccccccddddddd".repeat(1000)),
]);

const INPUTS: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  "one byte": Buffer.from("x"),
  "four equal bytes": Buffer.from("aaaa"),
  "runs of 259 and more": Buffer.alloc(1300, "q"),
  "a mix of 6 MB": SAMPLE,
};

const invalid = expect.objectContaining({ code: "LAYER_INVALID" });

describe.each(available)("reading %s", (kind) => {
  const made = (input: Buffer) => run(kind, ["-c"], input);

  it.each(Object.keys(INPUTS))("%s", async (name) => {
    const packed = made(INPUTS[name]!);
    expect(detectCompression(packed)).toBe(kind);
    expect((await unpack(kind, packed)).equals(INPUTS[name]!)).toBe(true);
  });

  it("several streams behind each other are one", async () => {
    const parts = ["one ", "two ", ""].map((text) => made(Buffer.from(text)));
    const both = Buffer.concat(parts);
    expect((await unpack(kind, both)).toString()).toBe("one two ");
    expect((await unpack(kind, both, parts[0]!.length)).toString()).toBe("one two ");
    expect((await unpack(kind, both, 1)).toString()).toBe("one two ");
  });

  it("anything else behind the end is refused", async () => {
    const packed = made(Buffer.from("content"));
    await expect(unpack(kind, Buffer.concat([packed, Buffer.from("more")]))).rejects.toThrow(invalid);
    await expect(unpack(kind, Buffer.concat([packed, Buffer.from("more")]), packed.length)).rejects.toThrow(
      invalid,
    );
    await expect(unpack(kind, Buffer.concat([packed, Buffer.alloc(9), Buffer.from("x")]))).rejects.toThrow(
      invalid,
    );
  });

  it("input that is cut off is refused", async () => {
    const packed = made(SAMPLE.subarray(0, 100_000));
    for (const length of [packed.length - 1, packed.length - 9, Math.floor(packed.length / 2), 5, 0])
      await expect(unpack(kind, packed.subarray(0, length))).rejects.toThrow(invalid);
  });

  it("an error of the source passes unchanged, and ending early ends the source", async () => {
    const packed = made(SAMPLE);
    let ended = false;
    async function* failing() {
      yield packed.subarray(0, 100);
      throw new RangeError("network");
    }
    async function* endless() {
      try {
        for (;;) yield packed;
      } finally {
        ended = true;
      }
    }
    await expect(collect(decompressor(kind, failing()))).rejects.toThrow(RangeError);
    for await (const _ of decompressor(kind, endless())) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(true);
  });
});

describe.each(available.filter((kind) => kind !== "zstd"))("damage in %s", (kind) => {
  it("is found", async () => {
    const packed = run(kind, ["-c"], SAMPLE.subarray(0, 50_000));
    for (const at of [20, 100, packed.length >> 1, packed.length - 6]) {
      const broken = Buffer.from(packed);
      broken[at]! ^= 0x55;
      await expect(unpack(kind, broken)).rejects.toThrow(invalid);
    }
  });
});

describe("an xz stream with a check that cannot be computed here", () => {
  it.runIf(available.includes("xz"))("is unsupported, not damaged", async () => {
    const packed = run("xz", ["-c", "--check=sha256"], Buffer.from("x"));
    await expect(unpack("xz", packed)).rejects.toThrow(
      expect.objectContaining({ code: "COMPRESSION_UNSUPPORTED" }),
    );
  });
});

describe.each(["gzip", "zstd"] as const)("LT-09: writing %s", (kind) => {
  it.each(Object.keys(INPUTS))("%s comes back", async (name) => {
    const packed = await pack(kind, INPUTS[name]!);
    expect(detectCompression(packed)).toBe(kind);
    expect((await unpack(kind, packed)).equals(INPUTS[name]!)).toBe(true);
    if (kind === "gzip") expect(gunzipSync(packed).equals(INPUTS[name]!)).toBe(true);
    if (available.includes(kind)) expect(run(kind, ["-dc"], packed).equals(INPUTS[name]!)).toBe(true);
  });

  it("is the same every time, in whatever chunks the bytes come", async () => {
    const first = await pack(kind, SAMPLE);
    expect((await pack(kind, SAMPLE, undefined, 777_777)).equals(first)).toBe(true);
  });

  it("has levels, and refuses others", async () => {
    const text = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_003).join(" "));
    const sizes = await Promise.all([1, 9].map(async (level) => (await pack(kind, text, level)).length));
    expect(sizes[1]).toBeLessThan(sizes[0]!);
    for (const level of [-1, 23, 1.5, Number.NaN])
      await expect(pack(kind, text, level)).rejects.toThrow(
        expect.objectContaining({ code: "COMPRESSION_UNSUPPORTED" }),
      );
  });

  it("passes an error of the source on", async () => {
    async function* failing() {
      yield SAMPLE;
      throw new RangeError("disk");
    }
    await expect(collect(compressor(kind, failing()))).rejects.toThrow(RangeError);
  });
});

describe("gzip made here", () => {
  it("is one member without name or time, nearly as small as zlib's", async () => {
    const text = SAMPLE.subarray(0, 1_700_000);
    const packed = await pack("gzip", text);
    expect(packed.subarray(0, 10).toString("hex")).toBe("1f8b08000000000000ff");
    expect(packed.length).toBeLessThan(gzipSync(text).length * 1.05);
  });
});

describe("telling compressions apart", () => {
  it("knows nothing of other bytes", () => {
    expect(detectCompression(Buffer.from("PK\x03\x04"))).toBeUndefined();
    expect(detectCompression(Buffer.alloc(0))).toBeUndefined();
    expect(detectCompression(Buffer.from([0x1f]))).toBeUndefined();
  });
});

describe("results that must be reproducible", () => {
  /** The same bytes in every run. */
  const fixed = Buffer.concat(
    Array.from({ length: 100_000 }, (_, i) =>
      createHash("md5")
        .update(String(i >> 1))
        .digest(),
    ),
  );

  it("zstd is compressed by the library in WASM: the same bytes on every machine and Node", async () => {
    const packed = await collect(compressor("zstd", chunksOf(fixed), { reproducible: true }));
    expect((await unpack("zstd", packed)).equals(fixed)).toBe(true);
    expect(createHash("sha256").update(packed).digest("hex")).toBe(
      "958ca6b9328bdc84f4ef4c4cef6bc625899056df6cf9a2bd958970e1062d020f",
    );
  });

  it("the record names the compressor and its settings", () => {
    expect(compressorSettings("zstd", { reproducible: true })).toBe("zstd-wasm level=3 frame=4MiB");
    expect(compressorSettings("gzip", { reproducible: true })).toBe(compressorSettings("gzip"));
    expect(compressorSettings("gzip", { level: 2 })).toBe("zlib level=2 block=512KiB");
  });
});
