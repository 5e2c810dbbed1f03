import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bootId } from "../../src/store/owner.ts";
import type { Store } from "../../src/store/store.ts";
import { useChildProgram } from "./child.ts";
import { newStore } from "./open-store.ts";
import { bytesOf } from "./sample-content.ts";

const OTHER_BOOT = "00000000-0000-0000-0000-000000000000";
const startChild = useChildProgram();

function marker(store: Store): string {
  return `${store.paths.index}-dirty`;
}

async function closedStoreWithRecord(): Promise<Store> {
  const store = newStore();
  store.records.put("key", Buffer.from("value"));
  await store.close();
  return store;
}

describe("the index", () => {
  it("keeps what a process had written when it is killed", async () => {
    const store = newStore();
    const child = startChild(store.paths.home, "vanish", "key");
    expect(await child.line()).toBe("written");
    child.kill();
    expect(await child.ended).toBe("SIGKILL");
    expect(readFileSync(marker(store), "utf8")).toBe(bootId());
    expect(store.records.get("key")?.toString()).toBe("kept");
  });

  it("is marked while somebody writes, and no longer when the last writer has left", async () => {
    const [one, other] = [newStore(), undefined];
    const two = other ?? newStore(one.paths.home);
    one.records.get("key");
    expect(existsSync(marker(one))).toBe(false);
    one.records.put("key", Buffer.from("1"));
    two.records.put("key", Buffer.from("2"));
    expect(readFileSync(marker(one), "utf8")).toBe(bootId());
    await one.close();
    expect(existsSync(marker(one))).toBe(true);
    await two.close();
    expect(existsSync(marker(one))).toBe(false);
    expect(newStore(one.paths.home).records.get("key")?.toString()).toBe("2");
  });

  it("is emptied where a process of an earlier boot did not finish writing", async () => {
    const store = await closedStoreWithRecord();
    writeFileSync(marker(store), OTHER_BOOT);
    const later = newStore(store.paths.home);
    expect(later.records.get("key")).toBeUndefined();
    expect(existsSync(marker(store))).toBe(false);
    later.records.put("key", Buffer.from("new"));
    await later.close();
    expect(newStore(store.paths.home).records.get("key")?.toString()).toBe("new");
  });

  it("is emptied once only when several processes find it so", async () => {
    const store = await closedStoreWithRecord();
    writeFileSync(marker(store), OTHER_BOOT);
    const children = ["a", "b", "c"].map((prefix) => startChild(store.paths.home, "sources", prefix, "20"));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0]);
    const later = newStore(store.paths.home);
    expect([later.records.get("key"), later.recordKeys().length]).toEqual([undefined, 60]);
  });

  const damages: Readonly<Record<string, (path: string) => void>> = {
    "random bytes": (path) => writeFileSync(path, bytesOf(5, 100_000)),
    "a line of text": (path) => writeFileSync(path, "this is no database\n"),
    nothing: (path) => truncateSync(path, 0),
  };
  for (const [damage, apply] of Object.entries(damages))
    it(`is replaced where its file holds ${damage}`, async () => {
      const store = await closedStoreWithRecord();
      apply(store.paths.index);
      const later = newStore(store.paths.home);
      expect(later.records.get("key")).toBeUndefined();
      later.records.put("key", Buffer.from("new"));
      await later.close();
      expect(newStore(store.paths.home).records.get("key")?.toString()).toBe("new");
    });

  it("can be removed between two processes", async () => {
    const store = await closedStoreWithRecord();
    const { rmSync } = await import("node:fs");
    for (const end of ["", "-lock", "-writers", "-turn"])
      rmSync(`${store.paths.index}${end}`, { force: true });
    const later = newStore(store.paths.home);
    expect(later.records.get("key")).toBeUndefined();
    later.records.put("key", Buffer.from("new"));
    expect(later.records.get("key")?.toString()).toBe("new");
  });
});
