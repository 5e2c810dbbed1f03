import { createHash } from "node:crypto";
import { deflateRawSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gzipCompress, gzipSettings } from "../../src/layer/gzip-writer.ts";
import { isIncompressible } from "../../src/layer/incompressible.ts";
import { storedBlocks } from "../../src/layer/stored-blocks.ts";
import { chunksOf, hasProgram, run } from "./archives.ts";

const BLOCK = 512 * 1024;

/** Bytes that look random and are the same in every run. */
function noise(length: number, seed = "noise"): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 64 < length; i++) parts.push(createHash("sha512").update(`${seed}${i}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}

/** Words in no order. */
function text(length: number): Buffer {
  const words = [...noise(length)].map((byte) => `word${byte}`);
  return Buffer.from(words.join(" ")).subarray(0, length);
}

async function gzip(bytes: Buffer, level?: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of gzipCompress(chunksOf(bytes, 100_000), level)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const NOISE = noise(BLOCK);

describe("blocks that deflate cannot make smaller", () => {
  it.each([
    ["noise", NOISE],
    ["a few bytes of noise", noise(3000)],
    ["what is compressed already", deflateRawSync(text(4 * BLOCK), { level: 9 })],
  ])("are told from samples: %s", async (_, block) => {
    expect(await isIncompressible(block.subarray(0, BLOCK))).toBe(true);
  });

  it.each([
    ["text", text(BLOCK)],
    ["zeroes", Buffer.alloc(BLOCK)],
    ["base64", Buffer.from(NOISE.toString("base64")).subarray(0, BLOCK)],
    ["one byte", Buffer.from("a")],
    ["nothing", Buffer.alloc(0)],
    ["text before noise", Buffer.concat([text(BLOCK / 2), NOISE]).subarray(0, BLOCK)],
    ["noise before text", Buffer.concat([NOISE.subarray(BLOCK / 2), text(BLOCK / 2)])],
    [
      "noise with 40 KiB of text inside",
      Buffer.concat([noise(200_000), text(40_960), NOISE]).subarray(0, BLOCK),
    ],
    ["the same noise again and again", Buffer.concat(Array(40).fill(noise(16_000))).subarray(0, BLOCK)],
    ["every byte value in order", Buffer.from(Array.from({ length: BLOCK }, (_, i) => i % 256))],
  ])("others are not taken for such: %s", async (_, block) => {
    expect(await isIncompressible(block)).toBe(false);
  });

  it("are stored, in one member that every reader takes", async () => {
    const mixed = Buffer.concat([text(BLOCK), NOISE, text(BLOCK), noise(BLOCK + 77, "more")]);
    const packed = await gzip(mixed);
    expect(gunzipSync(packed).equals(mixed)).toBe(true);
    expect(packed.includes(NOISE.subarray(1000, 2000))).toBe(true);
    if (hasProgram("gzip")) expect(run("gzip", ["-dc"], packed).equals(mixed)).toBe(true);
    expect((await gzip(NOISE)).length).toBeLessThan(NOISE.length + 100);
  });

  it("half of noise still shrinks", async () => {
    const half = Buffer.concat([NOISE.subarray(BLOCK / 2), text(BLOCK / 2)]);
    expect((await gzip(half)).length).toBeLessThan(half.length * 0.8);
  });

  it("are compressed like others where a level is asked for", async () => {
    const packed = await gzip(NOISE, 4);
    const plain = deflateRawSync(NOISE, { level: 4, finishFlush: 2 });
    expect(packed.subarray(10, 10 + plain.length).equals(plain)).toBe(true);
  });
});

describe("stored blocks", () => {
  it.each([1, 0xffff, 0x10000, 3 * 0xffff + 1])("hold %i bytes", (length) => {
    const bytes = noise(length);
    const stream = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]), storedBlocks(bytes)]);
    expect(gunzipSync(stream, { finishFlush: 2 }).equals(bytes)).toBe(true);
  });
});

describe("LT-09: without a level", () => {
  it("text gets level 4, and the record says so", async () => {
    const bytes = text(3 * BLOCK);
    expect((await gzip(bytes)).equals(await gzip(bytes, 4))).toBe(true);
    expect((await gzip(bytes)).equals(await gzip(bytes, 6))).toBe(false);
    expect(gzipSettings(undefined)).toBe("zlib level=4 noise=stored block=512KiB");
    expect(gzipSettings(6)).toBe("zlib level=6 block=512KiB");
  });
});
