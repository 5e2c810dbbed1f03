import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { leftovers, newStore } from "./open-store.ts";
import { digestedLayer } from "./sample-content.ts";

const { key, info, toc } = digestedLayer(1);

function storeWithLayer() {
  const store = newStore();
  return { store, record: store.layers.put(key, { ...info, created: "2024-01-01T00:00:00Z" }, toc) };
}

describe("layers", () => {
  it("gives back the record and the table of contents, also to another instance", () => {
    const { store, record } = storeWithLayer();
    const other = newStore(store.paths.home);
    expect(record).toEqual({
      ...info,
      created: "2024-01-01T00:00:00Z",
      toc: { digest: digestOf(toc), size: toc.length },
    });
    expect(other.layers.get(key)).toEqual(record);
    expect(other.layers.toc(key).equals(toc)).toBe(true);
    expect([other.layers.has(key), other.layers.keys()]).toEqual([true, [key]]);
    expect(leftovers(store)).toEqual([]);
  });

  it("takes the same layer twice", () => {
    const { store, record } = storeWithLayer();
    expect(store.layers.put(key, { ...info, created: "2024-01-01T00:00:00Z" }, toc)).toEqual(record);
    expect(readdirSync(store.layers.path(key)).sort()).toEqual(["layer.json", "toc"]);
  });

  it("does not know what was never put", () => {
    const store = newStore();
    expect([store.layers.get(key), store.layers.has(key), store.layers.keys()]).toEqual([
      undefined,
      false,
      [],
    ]);
    expect(() => store.layers.toc(key)).toThrow(expect.objectContaining({ code: "BLOB_NOT_FOUND" }));
  });

  it("counts a record that was cut short as absent, at any length", () => {
    const { store } = storeWithLayer();
    const path = join(store.layers.path(key), "layer.json");
    const whole = JSON.stringify(store.layers.get(key));
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.slice(0, length));
      expect(store.layers.get(key)).toBeUndefined();
    }
    for (const text of ["null", "[]", "{}", '"x"', "\0".repeat(whole.length)]) {
      writeFileSync(path, text);
      expect(store.layers.get(key)).toBeUndefined();
    }
    store.layers.put(key, info, toc);
    expect(store.layers.get(key)).toMatchObject(info);
  });

  it("counts a layer whose table of contents was cut short or is missing as absent", () => {
    const { store } = storeWithLayer();
    const path = join(store.layers.path(key), "toc");
    truncateSync(path, toc.length - 1);
    expect(store.layers.get(key)).toBeUndefined();
    rmSync(path);
    expect(store.layers.get(key)).toBeUndefined();
    expect(() => store.layers.toc(key)).toThrow(expect.objectContaining({ code: "BLOB_NOT_FOUND" }));
  });

  it("forgets a layer whose table of contents is damaged", () => {
    const { store } = storeWithLayer();
    const damaged = Buffer.from(toc);
    damaged[100]! ^= 4;
    writeFileSync(join(store.layers.path(key), "toc"), damaged);
    expect(() => store.layers.toc(key)).toThrow(expect.objectContaining({ code: "DIGEST_MISMATCH" }));
    expect(store.layers.get(key)).toBeUndefined();
  });

  it("removes a layer with its snapshot", async () => {
    const { store } = storeWithLayer();
    const directory = store.temp.directory("layer");
    writeFileSync(join(directory, "file"), "x");
    await store.layers.commitSnapshot(key, directory, { form: "portable" });
    await store.layers.delete(key);
    await store.layers.delete(key);
    expect([readdirSync(store.paths.layers), leftovers(store)]).toEqual([[], []]);
  });
});
