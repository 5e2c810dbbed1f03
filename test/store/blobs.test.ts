import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import type { Store } from "../../src/store/store.ts";
import { useChildProgram } from "./child.ts";
import { leftovers, newStore } from "./open-store.ts";
import { bytesOf, chunked, read } from "./sample-content.ts";

const BYTES = bytesOf(7, 2_500_000);
const DIGEST = digestOf(BYTES);
const SIZE = BYTES.length;
const startChild = useChildProgram();

async function storeWithBlob(): Promise<Store> {
  const store = newStore();
  await store.blobs.writeBytes(BYTES);
  return store;
}

describe("reading a blob", () => {
  it("gives the bytes that were written", async () => {
    const store = await storeWithBlob();
    expect(digestOf(await read(store.blobs.open({ digest: DIGEST, size: SIZE })))).toBe(DIGEST);
    expect(store.blobs.stat(DIGEST)).toMatchObject({ digest: DIGEST, size: SIZE });
    expect(await store.blobs.check(DIGEST)).toBe(true);
  });

  const damages: Readonly<Record<string, (path: string) => void>> = {
    "was cut short": (path) => truncateSync(path, SIZE - 1),
    "is empty": (path) => truncateSync(path, 0),
    "has a flipped bit": (path) => {
      const bytes = Buffer.from(BYTES);
      bytes[SIZE - 1]! ^= 1;
      writeFileSync(path, bytes);
    },
    "is too long": (path) => writeFileSync(path, Buffer.concat([BYTES, Buffer.from("x")])),
  };
  for (const [damage, apply] of Object.entries(damages))
    for (const size of [SIZE, undefined])
      it(`refuses and removes one that ${damage}, size ${size === undefined ? "un" : ""}known`, async () => {
        const store = await storeWithBlob();
        apply(store.blobs.path(DIGEST));
        const expected = size === undefined ? { digest: DIGEST } : { digest: DIGEST, size };
        await expect(read(store.blobs.open(expected))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
        expect(store.blobs.has(DIGEST)).toBe(false);
        await expect(read(store.blobs.open(expected))).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
        await store.blobs.writeBytes(BYTES);
        expect(await store.blobs.check(DIGEST)).toBe(true);
      });

  it("withholds the last bytes until they are known to be right", async () => {
    const store = await storeWithBlob();
    const bytes = Buffer.from(BYTES);
    bytes[0]! ^= 1;
    writeFileSync(store.blobs.path(DIGEST), bytes);
    let given = 0;
    const reading = (async () => {
      for await (const chunk of store.blobs.open({ digest: DIGEST })) given += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(given).toBeLessThan(SIZE);
  });

  it("keeps a good blob whose caller expects another size, and one that was not read to its end", async () => {
    const store = await storeWithBlob();
    for (const size of [SIZE - 1, SIZE + 1])
      await expect(read(store.blobs.open({ digest: DIGEST, size }))).rejects.toMatchObject({
        code: "DIGEST_MISMATCH",
      });
    for await (const _ of store.blobs.open({ digest: DIGEST })) break;
    await expect(store.blobs.readBytes({ digest: DIGEST }, SIZE - 1)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
    expect(await store.blobs.check(DIGEST)).toBe(true);
  });

  it("says what is missing", async () => {
    const store = newStore();
    await expect(store.blobs.readBytes({ digest: DIGEST }, SIZE)).rejects.toMatchObject({
      code: "BLOB_NOT_FOUND",
      facts: { digest: DIGEST },
    });
    await expect(store.blobs.check(DIGEST)).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
    expect(store.blobs.stat(DIGEST)).toBeUndefined();
    expect(store.blobs.delete(DIGEST)).toBe(false);
  });
});

describe("writing a blob", () => {
  it("names it by its digest where none is given", async () => {
    const store = newStore();
    expect(await store.blobs.write(chunked(BYTES, 100_000))).toEqual({ digest: DIGEST, size: SIZE });
    expect(readFileSync(store.blobs.path(DIGEST)).equals(BYTES)).toBe(true);
    const empty = await store.blobs.writeBytes(Buffer.alloc(0));
    expect(empty).toEqual({ digest: digestOf(""), size: 0 });
    expect(await store.blobs.readBytes({ digest: empty.digest, size: 0 }, 0)).toEqual(Buffer.alloc(0));
  });

  it("does not read the stream of a blob that is there", async () => {
    const store = await storeWithBlob();
    const unread = (async function* (): AsyncGenerator<Uint8Array> {
      yield expect.unreachable("the stream was read");
    })();
    expect(await store.blobs.write(unread, { digest: DIGEST, size: SIZE })).toEqual({
      digest: DIGEST,
      size: SIZE,
    });
  });

  it("replaces one that has another size than it should", async () => {
    const store = await storeWithBlob();
    truncateSync(store.blobs.path(DIGEST), 10);
    await store.blobs.write(chunked(BYTES, 100_000), { digest: DIGEST, size: SIZE });
    expect(await store.blobs.check(DIGEST)).toBe(true);
  });

  const short = BYTES.subarray(0, SIZE - 1);
  const long = Buffer.concat([BYTES, Buffer.from("x")]);
  const wrong = Buffer.concat([Buffer.from([BYTES[0]! ^ 1]), BYTES.subarray(1)]);
  for (const [what, bytes] of Object.entries({ short, long, wrong }))
    it(`leaves nothing of a stream that is ${what}`, async () => {
      const store = newStore();
      for (const options of [{ digest: DIGEST, size: SIZE }, { digest: DIGEST }])
        await expect(store.blobs.write(chunked(bytes, 100_000), options)).rejects.toMatchObject({
          code: "DIGEST_MISMATCH",
        });
      expect([readdirSync(store.paths.blobs), leftovers(store)]).toEqual([[], []]);
    });

  it("leaves nothing when it is cancelled or its source fails", async () => {
    const store = newStore();
    const controller = new AbortController();
    const aborting = (async function* () {
      yield BYTES;
      controller.abort();
      yield BYTES;
    })();
    await expect(store.blobs.write(aborting, { signal: controller.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    const failing = (async function* () {
      yield BYTES;
      throw new RangeError("source");
    })();
    await expect(store.blobs.write(failing)).rejects.toThrow(RangeError);
    expect([readdirSync(store.paths.blobs), leftovers(store)]).toEqual([[], []]);
  });

  it("lets several processes write one blob at once", async () => {
    const store = newStore();
    const children = Array.from({ length: 4 }, () => startChild(store.paths.home, "blob", "7", String(SIZE)));
    for (const child of children) expect(await child.line()).toBe("ready");
    for (const child of children) child.resume();
    for (const child of children) expect(await child.line()).toBe(DIGEST);
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0, 0]);
    expect(readdirSync(store.paths.blobs).map((hex) => `sha256:${hex}` as Digest)).toEqual([DIGEST]);
    expect(await store.blobs.check(DIGEST)).toBe(true);
    expect(leftovers(store)).toEqual([]);
  });
});
