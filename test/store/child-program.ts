import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../src/core/digest.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import { Index } from "../../src/store/index-database.ts";
import { Store } from "../../src/store/store.ts";
import { bytesOf, chunked, digestedLayer, putImage } from "./sample-content.ts";

/** What a child does in the store at `home`; prints a line when others may look. */
const ACTIONS: Readonly<Record<string, (store: Store, ...args: string[]) => Promise<void>>> = {
  /** Takes a lock and holds it until standard input ends. */
  async hold(store, name = "", mode) {
    const release = await store.locks.acquire(name, { shared: mode === "shared" });
    console.log("held");
    await inputEnds();
    release();
  },

  /** Counts a number in a file up, each time under a lock. */
  async count(store, file = "", times) {
    const { readFileSync } = await import("node:fs");
    for (let i = 0; i < Number(times); i++)
      await store.withLock("counter", async () => {
        const before = Number(readFileSync(file, "utf8"));
        await new Promise((resolve) => setImmediate(resolve));
        writeFileSync(file, String(before + 1));
      });
  },

  /** Writes one blob when standard input ends. */
  async blob(store, seed, size) {
    console.log("ready");
    await inputEnds();
    const bytes = bytesOf(Number(seed), Number(size));
    const { digest } = await store.blobs.write(chunked(bytes, 4096));
    await store.blobs.write(chunked(bytes, 4096), { digest, size: bytes.length });
    console.log(digest);
  },

  /** Commits a snapshot with a file of its own when standard input ends. */
  async snapshot(store, key, mark = "") {
    const directory = store.temp.directory("child");
    for (let i = 0; i < 50; i++) writeFileSync(join(directory, `file-${i}`), mark);
    console.log("ready");
    await inputEnds();
    const { path } = await store.layers.commitSnapshot(key as Digest, directory, { form: "native" });
    console.log(path);
  },

  /** Gives images names of its own, one after the other. */
  async tags(store, prefix, times) {
    const { descriptor } = await putImage(store, 1);
    for (let i = 0; i < Number(times); i++) await store.images.tag(`example.test/${prefix}:${i}`, descriptor);
  },

  /** Notes sources and forms of one blob. */
  async sources(store, prefix, times) {
    for (let i = 0; i < Number(times); i++) {
      store.records.put(`${prefix}-${i}`, Buffer.from(`${prefix} ${i}`));
      store.addSource(bytesDigest, `example.test/${prefix}-${i}`);
      store.addForm(bytesDigest, {
        compression: "gzip",
        settings: `${prefix}-${i}`,
        digest: bytesDigest,
        size: i,
      });
    }
  },

  /** Counts a number of the index up, and opens the index anew between any two times. */
  async updates(store, times) {
    const temporary = () => store.temp.file("index");
    for (let i = 0; i < Number(times); i++) {
      const index = new Index(store.paths.index, temporary);
      index.update<number>("last", "counter", (value) => (value ?? 0) + 1);
      index.put("records", `${process.pid}-${i % 30}`, "x".repeat(i * 7));
      await index.close();
    }
  },

  /** Writes everything that there is to write, until it is killed. */
  async churn(store, seed) {
    console.log("ready");
    for (let i = Number(seed); ; i++) {
      const { descriptor } = await putImage(store, i);
      await store.images.tag(`example.test/churn:${i % 7}`, descriptor);
      const { key, info, toc } = digestedLayer(i);
      store.layers.put(key, info, toc);
      const directory = store.temp.directory("churn");
      for (let n = 0; n < 20; n++) writeFileSync(join(directory, `file-${n}`), `${i}`);
      await store.layers.commitSnapshot(key, directory, { form: "native" });
      store.records.put(`record-${i % 50}`, Buffer.from(`${i}`.repeat(500)));
      if (i % 3 === 0) await store.layers.dropSnapshot(key);
      if (i % 5 === 0) await store.images.untag(`example.test/churn:${i % 7}`);
    }
  },

  /** Leaves things in the temporary area and waits to be killed. */
  async litter(store) {
    const directory = store.temp.directory("litter");
    mkdirSync(join(directory, "closed"));
    writeFileSync(join(directory, "closed/file"), "x");
    console.log(directory);
    await inputEnds();
  },

  /** Writes records and does not close the store. */
  async vanish(store, key = "") {
    store.records.put(key, Buffer.from("kept"));
    console.log("written");
    await new Promise(() => setInterval(() => {}, 1000));
  },
};

const bytesDigest: Digest = `sha256:${"ab".repeat(32)}`;

function inputEnds(): Promise<void> {
  return new Promise((resolve) => process.stdin.resume().once("end", resolve));
}

const [home = "", action = "", ...args] = process.argv.slice(2);
try {
  const store = new Store(home);
  await ACTIONS[action]!(store, ...args);
  await store.close();
} catch (error) {
  console.log(error instanceof SlipwayError ? error.code : String(error));
  process.exitCode = 1;
}
