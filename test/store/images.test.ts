import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { MEDIA } from "../../src/core/descriptor.ts";
import type { Digest } from "../../src/core/digest.ts";
import { useChildProgram } from "./child.ts";
import { leftovers, newStore } from "./open-store.ts";
import { putImage } from "./sample-content.ts";

const NAME = "example.test/app:1";
const startChild = useChildProgram();

function manifest(hex: string): Descriptor {
  const digest: Digest = `sha256:${hex.padEnd(64, "0")}`;
  return { mediaType: MEDIA.ociManifest, digest, size: 10 };
}

describe("image names", () => {
  it("point to an image until they are moved or removed, in every instance", async () => {
    const store = newStore();
    const other = newStore(store.paths.home);
    const [one, two] = [await putImage(store, 1), await putImage(store, 2)];
    await store.images.tag(NAME, { ...one.descriptor, annotations: { from: "elsewhere" } });
    expect(other.images.find(NAME)).toEqual(one.descriptor);
    await other.images.tag(NAME, two.descriptor);
    expect(store.images.find(NAME)).toEqual(two.descriptor);
    await other.images.tag("example.test/app:2", two.descriptor);
    expect(store.images.list()).toEqual([
      { name: NAME, descriptor: two.descriptor },
      { name: "example.test/app:2", descriptor: two.descriptor },
    ]);
    expect([await store.images.untag(NAME), await store.images.untag(NAME)]).toEqual([true, false]);
    expect([other.images.find(NAME), other.images.list().length]).toEqual([undefined, 1]);
    expect(leftovers(store)).toEqual([]);
  });

  it("may be called like members that every object has", async () => {
    const store = newStore();
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect([store.images.find(name), await store.images.untag(name)]).toEqual([undefined, false]);
      await store.images.tag(name, manifest("a"));
      expect(store.images.find(name)).toEqual(manifest("a"));
    }
    expect(newStore(store.paths.home).images.list().length).toBe(3);
  });

  it("with a digest find any image that has it, whatever its name", async () => {
    const store = newStore();
    const [named, unnamed] = [manifest("aa"), manifest("bb")];
    await store.images.tag(NAME, named);
    store.images.add(manifest("cc").digest, unnamed);
    expect(store.images.find(`example.test/other@${named.digest}`)).toEqual(named);
    expect(store.images.find(`example.test/other:tag@${unnamed.digest}`)).toEqual(unnamed);
    expect(store.images.find(`example.test/app:1@${manifest("dd").digest}`)).toBeUndefined();
  });

  it("are none of them lost when several processes give them at once", async () => {
    const store = newStore();
    const children = ["a", "b", "c"].map((prefix) => startChild(store.paths.home, "tags", prefix, "30"));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0]);
    expect(store.images.list().length).toBe(90);
    const index = JSON.parse(readFileSync(store.paths.ociIndex, "utf8"));
    expect(index.manifests.length).toBe(90);
    expect(leftovers(store)).toEqual([]);
  });
});

describe("image ids", () => {
  it("find an image by any prefix of at least four digits that only it has", async () => {
    const store = newStore();
    const [one, two] = [manifest("1"), manifest("2")];
    store.images.add(manifest("abcd1").digest, one);
    store.images.add(manifest("abcd2").digest, two);
    for (const id of ["abcd1", "ABCD1", "sha256:abcd1", manifest("abcd1").digest])
      expect(store.images.findById(id)).toEqual(one);
    expect([store.images.findById("abc"), store.images.findById("bcd1")]).toEqual([undefined, undefined]);
    expect(() => store.images.findById("abcd")).toThrow(
      expect.objectContaining({ code: "IMAGE_NOT_FOUND", hint: "give more digits" }),
    );
  });

  it("may be several of one image, and the manifest's own digest when it has a name", async () => {
    const store = newStore();
    store.images.add(manifest("abcd1").digest, manifest("1"));
    store.images.add(manifest("abcd2").digest, manifest("1"));
    expect(store.images.findById("abcd")).toEqual(manifest("1"));
    await store.images.tag(NAME, manifest("beef"));
    expect(store.images.findById("beef")).toEqual(manifest("beef"));
  });

  it("are written with the next name, or when the store is closed", async () => {
    const store = newStore();
    store.images.add(manifest("aaaa").digest, manifest("1"));
    expect(newStore(store.paths.home).images.findById("aaaa")).toBeUndefined();
    await store.images.tag(NAME, manifest("2"));
    expect(newStore(store.paths.home).images.findById("aaaa")).toEqual(manifest("1"));
    store.images.add(manifest("bbbb").digest, manifest("2"));
    await store.close();
    const later = newStore(store.paths.home);
    expect(later.images.findById("bbbb")).toEqual(manifest("2"));
    expect(later.images.known().map(({ digest }) => digest)).toEqual(
      ["1", "2", "2"].map((hex) => manifest(hex).digest),
    );
    await later.images.remove(manifest("aaaa").digest);
    expect(newStore(store.paths.home).images.findById("aaaa")).toBeUndefined();
  });

  it("are forgotten together with manifests that are gone", async () => {
    const store = newStore();
    for (const hex of ["aaaa", "bbbb"]) store.images.add(manifest(hex).digest, manifest(hex));
    await store.images.forget(({ digest }) => digest === manifest("aaaa").digest);
    expect([store.images.findById("aaaa"), store.images.findById("bbbb")]).toEqual([
      undefined,
      manifest("bbbb"),
    ]);
  });
});

describe("images.json", () => {
  const damages = [
    "",
    "{",
    "null",
    "[]",
    '{"names":{}}',
    '{"names":{"a":{"digest":"x"}},"ids":{}}',
    "\0\0\0",
  ];
  for (const damage of damages)
    it(`is refused with a remedy, and left alone, when it holds ${JSON.stringify(damage)}`, async () => {
      const store = newStore();
      writeFileSync(store.paths.images, damage);
      const unusable = { code: "STORE_UNUSABLE", hint: expect.stringContaining("move it away") };
      expect(() => store.images.list()).toThrow(expect.objectContaining(unusable));
      expect(() => store.images.find(NAME)).toThrow(expect.objectContaining(unusable));
      await expect(store.images.tag(NAME, manifest("a"))).rejects.toMatchObject(unusable);
      expect(readFileSync(store.paths.images, "utf8")).toBe(damage);
    });

  it("is not written where nothing changes", async () => {
    const store = newStore();
    await store.images.untag(NAME);
    await store.images.remove(manifest("a").digest);
    await store.images.flush();
    expect(existsSync(store.paths.images)).toBe(false);
  });
});
