import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf, hexOf } from "../../src/core/digest.ts";
import type { Store } from "../../src/store/store.ts";
import { newStore } from "./open-store.ts";
import { bytesOf } from "./sample-content.ts";

const BYTES = bytesOf(3, 300_000);
const DIGEST = digestOf(BYTES);

function partialPath(store: Store): string {
  return join(store.paths.partial, hexOf(DIGEST));
}

describe("an unfinished download", () => {
  it("goes on in a later process where the earlier one stopped", async () => {
    const first = newStore();
    const begun = await first.blobs.partial(DIGEST);
    expect([begun.length, begun.isComplete]).toEqual([0, false]);
    await begun.append(BYTES.subarray(0, 100_000));
    await begun.append(BYTES.subarray(100_000, 170_000));
    await begun.close();
    await first.close();

    const second = newStore(first.paths.home);
    const resumed = await second.blobs.partial(DIGEST);
    expect(resumed.length).toBe(170_000);
    await resumed.append(BYTES.subarray(170_000));
    expect(second.blobs.has(DIGEST)).toBe(false);
    await resumed.finish();
    expect(readFileSync(second.blobs.path(DIGEST)).equals(BYTES)).toBe(true);
    expect([readdirSync(second.paths.partial), readdirSync(second.paths.locks)]).toEqual([[], []]);
  });

  it("that turns out wrong is thrown away whole", async () => {
    const store = newStore();
    const partial = await store.blobs.partial(DIGEST);
    await partial.append(BYTES.subarray(1));
    await expect(partial.finish()).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect([store.blobs.has(DIGEST), existsSync(partialPath(store))]).toEqual([false, false]);
    const again = await store.blobs.partial(DIGEST);
    expect(again.length).toBe(0);
    await again.append(BYTES);
    await again.finish();
    expect(await store.blobs.check(DIGEST)).toBe(true);
  });

  it("does not trust what an earlier process left", async () => {
    const store = newStore();
    await (await store.blobs.partial(DIGEST)).close();
    writeFileSync(partialPath(store), Buffer.concat([Buffer.from("x"), BYTES.subarray(1, 1000)]));
    const partial = await store.blobs.partial(DIGEST);
    expect(partial.length).toBe(1000);
    await partial.append(BYTES.subarray(1000));
    await expect(partial.finish()).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(store.blobs.has(DIGEST)).toBe(false);
  });

  it("is one at a time: the next one waits, and finds the blob finished", async () => {
    const store = newStore();
    const first = await store.blobs.partial(DIGEST);
    let isOpen = false;
    const waiting = store.blobs.partial(DIGEST).then((partial) => {
      isOpen = true;
      return partial;
    });
    await first.append(BYTES);
    expect(isOpen).toBe(false);
    await first.finish();
    const second = await waiting;
    expect([second.isComplete, second.length]).toEqual([true, 0]);
    await second.close();
    await second.close();
    expect(readdirSync(store.paths.partial)).toEqual([]);
    expect(await store.blobs.check(DIGEST)).toBe(true);
  });

  it("gives up waiting when it is cancelled", async () => {
    const store = newStore();
    const first = await store.blobs.partial(DIGEST);
    const controller = new AbortController();
    const waiting = store.blobs.partial(DIGEST, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    await first.discard();
    expect(readdirSync(store.paths.partial)).toEqual([]);
  });

  it("is swept when nobody has touched it for a week, but not while it is being resumed", async () => {
    const store = newStore();
    const partial = await store.blobs.partial(DIGEST);
    await partial.append(BYTES.subarray(0, 10));
    await partial.close();
    await store.temp.sweep();
    expect(statSync(partialPath(store)).size).toBe(10);
    const longAgo = Date.now() / 1000 - 8 * 24 * 3600;
    utimesSync(partialPath(store), longAgo, longAgo);
    const resumed = await store.blobs.partial(DIGEST);
    expect((await store.temp.sweep()).removed).toEqual([]);
    await resumed.close();
    utimesSync(partialPath(store), longAgo, longAgo);
    expect((await store.temp.sweep()).removed).toEqual([partialPath(store)]);
    expect(readdirSync(store.paths.partial)).toEqual([]);
  });
});
