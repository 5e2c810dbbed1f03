import { createHash, randomBytes } from "node:crypto";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/core/file-tree.ts";
import { type EstargzFacts, estargzCompress } from "../../src/layer/estargz.ts";
import { entryHeader, paddingAfter, storedSize, TAR_END } from "../../src/layer/tar-writer.ts";

const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

function entry(path: string, more: Partial<Entry> = {}): Entry {
  return { path, type: "file", mode: 0o644, uid: 1, gid: 2, size: 0, mtime: 1577934245, mtimeNs: 0, ...more };
}

function tarOf(members: readonly (readonly [Entry, Buffer?])[]): Buffer {
  const parts = members.flatMap(([member, bytes = Buffer.alloc(0)]) => [
    entryHeader(member),
    bytes,
    paddingAfter(storedSize(member)),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

async function compress(archive: Buffer, level = 6): Promise<{ blob: Buffer; facts: EstargzFacts }> {
  const chunks: Uint8Array[] = [];
  let facts: EstargzFacts | undefined;
  const source = (async function* () {
    for (let at = 0; at < archive.length; at += 70_001) yield archive.subarray(at, at + 70_001);
  })();
  for await (const chunk of estargzCompress(source, level, (found) => {
    facts = found;
  }))
    chunks.push(chunk);
  return { blob: Buffer.concat(chunks), facts: facts! };
}

interface TocEntry {
  readonly name: string;
  readonly type: string;
  readonly size?: number;
  readonly offset?: number;
  readonly chunkOffset?: number;
  readonly chunkSize?: number;
  readonly digest?: string;
  readonly chunkDigest?: string;
}

/** What a reader of the format does: footer, table of contents. */
function tocOf(blob: Buffer): { json: Buffer; entries: readonly TocEntry[] } {
  const footer = blob.subarray(-51);
  expect(footer.subarray(0, 4)).toEqual(Buffer.from([0x1f, 0x8b, 8, 4]));
  expect(footer.subarray(10, 16)).toEqual(Buffer.from([26, 0, 0x53, 0x47, 22, 0]));
  expect(footer.subarray(32, 38).toString()).toBe("STARGZ");
  const file = gunzipSync(blob.subarray(Number.parseInt(footer.subarray(16, 32).toString(), 16), -51));
  expect(file.subarray(0, 17).toString()).toBe("stargz.index.json");
  const json = file.subarray(512, 512 + Number.parseInt(file.subarray(124, 135).toString(), 8));
  return { json, entries: JSON.parse(json.toString()).entries };
}

/** The first bytes of the gzip member at an offset, read alone. */
function memberAt(blob: Buffer, offset: number, length: number): Buffer {
  expect(blob.subarray(offset, offset + 3)).toEqual(Buffer.from([0x1f, 0x8b, 8]));
  return inflateRawSync(blob.subarray(offset + 10), { maxOutputLength: 64 * MIB }).subarray(0, length);
}

describe("eStargz", () => {
  const big = randomBytes(9 * MIB + 3);
  const members: (readonly [Entry, Buffer?])[] = [
    [entry("d", { type: "dir", mode: 0o755 })],
    [entry("d/big", { size: big.length }), big],
    [entry("d/empty")],
    [entry("d/hard", { hardLink: "d/big", size: big.length })],
    [entry("d/link", { type: "symlink", linkTarget: "big" })],
    [entry("d/small", { size: 5 }), Buffer.from("small")],
    [entry("dev", { type: "char", devMajor: 1, devMinor: 3 })],
    [entry(".wh.gone", { mode: 0, uid: 0, gid: 0, mtime: 0 })],
    [
      entry("last", { size: 4 * MIB, xattrs: { "security.capability": Buffer.from([1, 2]) } }),
      Buffer.alloc(4 * MIB, "x"),
    ],
  ];
  const archive = tarOf(members);

  it("LT-09: is the same archive as gzip, and its table of contents lies behind the end", async () => {
    const { blob, facts } = await compress(archive);
    const whole = gunzipSync(blob);
    expect(whole.subarray(0, archive.length).equals(archive)).toBe(true);
    expect(facts.uncompressedSize).toBe(whole.length);
    expect(facts.diffId).toBe(sha256(whole));
    expect(facts.tocDigest).toBe(sha256(tocOf(blob).json));
  });

  it("LT-09: every piece of a file can be read and verified alone", async () => {
    const { blob } = await compress(archive);
    const { entries } = tocOf(blob);
    const pieces = entries.filter(({ offset }) => offset !== undefined);
    expect(pieces.map(({ name, chunkOffset = 0, chunkSize = 0 }) => [name, chunkOffset, chunkSize])).toEqual([
      ["d/big", 0, 4 * MIB],
      ["d/big", 4 * MIB, 4 * MIB],
      ["d/big", 8 * MIB, 0],
      ["d/small", 0, 0],
      ["last", 0, 0],
    ]);
    for (const { name, offset = 0, chunkOffset = 0, chunkSize, chunkDigest } of pieces) {
      const size = members.find(([{ path }]) => path === name)![0].size;
      expect(sha256(memberAt(blob, offset, chunkSize ?? size - chunkOffset)), name).toBe(chunkDigest);
    }
    expect(entries.find(({ name }) => name === "d/big")?.digest).toBe(sha256(big));
  });

  it("LT-09: the table of contents has what the headers have", async () => {
    const { entries } = tocOf((await compress(archive)).blob);
    const facts = entries
      .filter(({ type }) => type !== "chunk")
      .map(({ digest: _, chunkDigest: __, offset: ___, ...rest }) => rest);
    const common = { uid: 1, gid: 2, modtime: "2020-01-02T03:04:05Z" };
    const file = { type: "reg", mode: 0o644, ...common };
    expect(facts).toEqual([
      { ...common, name: "d/", type: "dir", mode: 0o755 },
      { ...file, name: "d/big", size: big.length, chunkSize: 4 * MIB },
      { ...file, name: "d/empty" },
      { ...file, name: "d/hard", type: "hardlink", linkName: "d/big" },
      { ...file, name: "d/link", type: "symlink", linkName: "big" },
      { ...file, name: "d/small", size: 5 },
      { ...file, name: "dev", type: "char", devMajor: 1, devMinor: 3 },
      { name: ".wh.gone", type: "reg", mode: 0, uid: 0, gid: 0 },
      { ...file, name: "last", size: 4 * MIB, xattrs: { "security.capability": "AQI=" } },
    ]);
  });

  it("LT-09: the same bytes and level give the same blob; another level the same content", async () => {
    const small = tarOf(members.slice(2));
    const [one, two, other] = [await compress(small), await compress(small), await compress(small, 0)];
    expect(two.blob.equals(one.blob)).toBe(true);
    expect(other.blob.length).toBeGreaterThan(one.blob.length);
    expect(gunzipSync(other.blob).subarray(0, small.length).equals(small)).toBe(true);
  });

  it("LT-01: an empty layer has an empty table of contents", async () => {
    const { blob } = await compress(TAR_END);
    expect(tocOf(blob).entries).toEqual([]);
    expect(gunzipSync(blob).subarray(0, 1024).equals(TAR_END)).toBe(true);
  });
});
