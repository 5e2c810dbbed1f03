import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StorePaths } from "../../src/store/paths.ts";
import { prepareHome } from "../../src/store/prepare-home.ts";
import { Store } from "../../src/store/store.ts";
import type { TempArea } from "../../src/store/temp-area.ts";
import { temporaryFolder } from "../support/folders.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { runOrFail } from "../support/tools.ts";
import { useChildProgram } from "./child.ts";
import { leftovers, newStore } from "./open-store.ts";
import { bytesOf, digestedLayer, putImage } from "./sample-content.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("full disks are not tested: mounting a small one takes root");
const startChild = useChildProgram();

describe("the home folder", () => {
  it("is made with its parents, closed to others, and can be opened again", () => {
    const store = newStore(join(temporaryFolder(), "a/b/home"));
    expect(statSync(store.paths.home).mode & 0o777).toBe(0o700);
    expect(readFileSync(store.paths.version, "utf8")).toBe("1\n");
    expect(readdirSync(store.paths.home).sort()).toEqual(
      ["containers", "layers", "locks", "oci", "tmp", "version"].sort(),
    );
    expect(newStore(store.paths.home).paths.home).toBe(store.paths.home);
  });

  it("can be opened by several processes that find it missing", async () => {
    const home = join(temporaryFolder(), "home");
    const children = ["a", "b", "c"].map((prefix) => startChild(home, "tags", prefix, "5"));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0]);
    expect(newStore(home).images.list().length).toBe(15);
  });

  it("stays as the first process made it where another one makes it at the same time: nothing was collected for those who read it", () => {
    const home = join(temporaryFolder(), "home");
    const paths = new StorePaths(home);
    let other: Store | undefined;
    const file = (prefix: string) => {
      if (!other) {
        other = newStore(home);
        utimesSync(paths.version, 1, 1);
      }
      return other.temp.file(prefix);
    };
    prepareHome(paths, { file } as TempArea);
    expect(statSync(paths.version).mtimeMs).toBe(1000);
    expect(other && leftovers(other)).toEqual([]);
  });

  const versions = { "2\n": "newer", "999": "newer", "": "another", "one\n": "another", "0\n": "another" };
  for (const [text, remedy] of Object.entries(versions))
    it(`is left alone where its format is ${JSON.stringify(text)}`, () => {
      const home = temporaryFolder();
      writeFileSync(join(home, "version"), text);
      expect(() => new Store(home)).toThrow(
        expect.objectContaining({ code: "STORE_UNUSABLE", hint: expect.stringContaining(remedy) }),
      );
      expect(readdirSync(home)).toEqual(["version"]);
    });

  it("cannot be a file, nor lie below one", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "mine");
    for (const home of [file, join(file, "below")])
      expect(() => new Store(home)).toThrow(expect.objectContaining({ code: "STORE_UNUSABLE" }));
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("that cannot be written is refused with a remedy", async () => {
    const home = isRoot ? await smallDisk(1 << 20) : join(temporaryFolder(), "home");
    if (isRoot) await runOrFail("mount", ["-o", "remount,ro", home]);
    else {
      mkdirSync(home);
      chmodSync(home, 0o500);
    }
    const refused = { code: "PERMISSION_DENIED", hint: expect.stringContaining("SLIPWAY_HOME") };
    expect(() => new Store(home)).toThrow(expect.objectContaining(refused));
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("a full disk", () => {
  it.runIf(isRoot)(
    "is named, leaves nothing half-written, and the store goes on when there is space",
    async () => {
      const disk = await smallDisk(3 << 20);
      const store = newStore(join(disk, "home"));
      const { descriptor } = await putImage(store, 1);
      await store.images.tag("a:1", descriptor);
      const { key, info, toc } = digestedLayer(1);
      const directory = store.temp.directory("snapshot");
      const free = fill(disk);
      const full = { code: "DISK_FULL", hint: expect.stringContaining("SLIPWAY_HOME") };
      const before = [readdirSync(store.paths.blobs), readFileSync(store.paths.images, "utf8")];
      await expect(store.blobs.writeBytes(bytesOf(9, 100_000))).rejects.toMatchObject(full);
      store.images.add(key, descriptor);
      await expect(store.images.tag("a:2", descriptor)).rejects.toMatchObject(full);
      expect(() => store.layers.put(key, info, toc)).toThrow(expect.objectContaining(full));
      await expect(store.layers.commitSnapshot(key, directory, { form: "native" })).rejects.toMatchObject(
        full,
      );
      const partial = await store.blobs.partial(key).catch((error) => error);
      if (partial instanceof Error) expect(partial).toMatchObject(full);
      else {
        await expect(partial.append(bytesOf(9, 100_000))).rejects.toMatchObject(full);
        await partial.discard();
      }
      expect([readdirSync(store.paths.blobs), readFileSync(store.paths.images, "utf8")]).toEqual(before);
      expect([store.layers.get(key), store.layers.snapshot(key)]).toEqual([undefined, undefined]);
      await store.temp.remove(directory);
      expect(leftovers(store)).toEqual([]);
      free();
      await store.blobs.writeBytes(bytesOf(9, 100_000));
      await store.images.tag("a:2", descriptor);
      expect(store.layers.put(key, info, toc)).toEqual(store.layers.get(key));
      expect([store.images.list().length, store.images.findById(key)]).toEqual([2, descriptor]);
    },
  );

  it.runIf(isRoot)(
    "is named when the store is made, which can be done again when there is space",
    async () => {
      const disk = await smallDisk(1 << 20);
      const free = fill(disk);
      const home = join(disk, "home");
      expect(() => new Store(home)).toThrow(expect.objectContaining({ code: "DISK_FULL" }));
      free();
      await newStore(home).images.tag("a:1", (await putImage(newStore(home), 1)).descriptor);
      expect(newStore(home).images.list().length).toBe(1);
    },
  );

  it.runIf(isRoot)("is named by the index, new or not, in a process that lives on", async () => {
    const disk = await smallDisk(3 << 20);
    const [fresh, used] = [join(disk, "fresh"), join(disk, "used")];
    await newStore(fresh).close();
    const store = newStore(used);
    store.records.put("key", Buffer.from("1"));
    await store.close();
    const free = fill(disk);
    for (const home of [fresh, used]) {
      const child = startChild(home, "sources", "a", "200");
      expect(await child.line()).toBe("DISK_FULL");
      expect(await child.ended).toBe(1);
    }
    free();
    for (const home of [fresh, used]) {
      const later = newStore(home);
      later.records.put("later", Buffer.from("2"));
      expect(later.records.get("later")?.toString()).toBe("2");
    }
    expect(newStore(used).records.get("key")?.toString()).toBe("1");
  });
});
