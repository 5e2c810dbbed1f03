import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore, type Store } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/folders.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

/** Opens the store, works with it and closes it. */
async function session(home: string, work: (store: Store) => void): Promise<void> {
  const store = await openStore(home);
  try {
    work(store);
  } finally {
    await store.close();
  }
}

/** A store in which a build called `build` has kept what it read: one record, one last input, one stat index. */
async function storeWithCopies(): Promise<string> {
  const home = temporaryFolder();
  await session(home, (store) => {
    store.recall("build");
    store.records.put("key", bytes("layer 1"));
    store.last.put("slot", bytes("inputs"));
    store.stats.save("context", bytes("stats"));
  });
  return home;
}

/** Makes any use of the index an error: what is answered all the same comes from the copy. */
function breakIndex(home: string): void {
  for (const name of readdirSync(home).filter((name) => name.startsWith("index.lmdb")))
    writeFileSync(join(home, name), "no database");
}

describe("what a build read from the index the last time", () => {
  it("DESIGN 4: is answered without the index", async () => {
    const home = await storeWithCopies();
    breakIndex(home);
    await session(home, (store) => {
      store.recall("build");
      expect(store.records.get("key")?.toString()).toBe("layer 1");
      expect(store.last.get("slot")?.toString()).toBe("inputs");
      expect(Buffer.from(store.stats.load("context")!).toString()).toBe("stats");
    });
    expect(readdirSync(home)).not.toContain("index.lmdb.damaged");
  });

  it("knows that a layer came from nowhere, until it comes from somewhere", async () => {
    const home = temporaryFolder();
    const layer = `sha256:${"ab".repeat(32)}` as const;
    const sourcesOf = (store: Store) => {
      store.recall("build");
      return store.sources(layer);
    };
    await session(home, (store) => expect(sourcesOf(store)).toEqual([]));
    await session(home, (store) => store.addSource(layer, "host.example/a"));
    await session(home, (store) => expect(sourcesOf(store)).toEqual(["host.example/a"]));
    breakIndex(home);
    await session(home, (store) => expect(sourcesOf(store)).toEqual(["host.example/a"]));
  });

  it("is kept by name", async () => {
    const home = await storeWithCopies();
    breakIndex(home);
    await session(home, (store) => {
      store.recall("another build");
      expect(store.records.get("key")).toBeUndefined();
    });
    expect(readdirSync(home)).toContain("index.lmdb.damaged");
  });

  it("a record that another build replaced is not answered from an old copy", async () => {
    const home = await storeWithCopies();
    await session(home, (store) => {
      store.recall("another build");
      store.records.put("key", bytes("layer 2"));
    });
    await session(home, (store) => {
      store.recall("build");
      expect(store.records.get("key")?.toString()).toBe("layer 2");
    });
  });

  it("a copy that is saved after a record was replaced holds the new record", async () => {
    const home = await storeWithCopies();
    await session(home, (store) => {
      store.recall("build");
      expect(store.records.get("key")?.toString()).toBe("layer 1");
      store.last.put("slot", bytes("other inputs"));
    });
    const store = await openStore(home);
    store.recall("build");
    store.records.get("key");
    await session(home, (other) => other.records.put("key", bytes("layer 2")));
    store.last.put("slot", bytes("inputs"));
    await store.close();
    await session(home, (store) => {
      store.recall("build");
      expect(store.records.get("key")?.toString()).toBe("layer 2");
    });
  });

  it("forgotten records are forgotten in copies, too", async () => {
    const home = await storeWithCopies();
    await session(home, (store) => void store.forgetRecords());
    await session(home, (store) => {
      store.recall("build");
      expect(store.records.get("key")).toBeUndefined();
    });
  });

  it("a copy that was cut short, or changed, counts as absent", async () => {
    const home = await storeWithCopies();
    const folder = join(home, "recall");
    for (const damage of ["", "x", "x".repeat(100)]) {
      for (const name of readdirSync(folder)) writeFileSync(join(folder, name), damage);
      await session(home, (store) => {
        store.recall("build");
        expect(store.records.get("key")?.toString()).toBe("layer 1");
      });
    }
  });
});
