import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Index } from "../../src/store/index-database.ts";
import { LockRecords } from "../../src/store/lock-records.ts";
import { currentOwner } from "../../src/store/owner.ts";
import { temporaryFolder } from "../support/folders.ts";
import { useChildProgram } from "./child.ts";
import { newStore } from "./open-store.ts";

const startChild = useChildProgram();
const BUSY = { code: "STORE_BUSY" };

describe("locks", () => {
  it("keep others out until they are given back, once", async () => {
    const { locks } = newStore();
    const release = await locks.acquire("a");
    expect([locks.tryAcquire("a"), locks.tryAcquire("a", true)]).toEqual([undefined, undefined]);
    await expect(locks.acquire("a", { wait: false })).rejects.toMatchObject(BUSY);
    locks.tryAcquire("b")!();
    release();
    const next = locks.tryAcquire("a")!;
    release();
    expect(locks.tryAcquire("a")).toBeUndefined();
    next();
  });

  it("are given back when the task fails", async () => {
    const { locks } = newStore();
    const failing = locks.withLock("a", () => Promise.reject(new RangeError("task")));
    await expect(failing).rejects.toThrow(RangeError);
    expect(await locks.withLock("a", () => 3)).toBe(3);
  });

  it("can be shared, and then nobody has them alone", () => {
    const { locks } = newStore();
    const [one, two] = [locks.tryAcquire("a", true)!, locks.tryAcquire("a", true)!];
    one();
    expect(locks.tryAcquire("a")).toBeUndefined();
    two();
    locks.tryAcquire("a")!();
  });

  it("can have any name, and none leads out of their folder", async () => {
    const store = newStore();
    for (const name of ["../escape", "/etc/passwd", "a/b", "", ".", "..", "x".repeat(5000), "a\0b", "é"]) {
      const release = await store.locks.acquire(name);
      expect(readdirSync(store.paths.locks).length).toBe(1);
      expect(store.locks.tryAcquire(name)).toBeUndefined();
      release();
    }
    expect(readdirSync(store.paths.locks)).toEqual([]);
  });

  it("hold between processes, exclusive and shared", async () => {
    const store = newStore();
    const alone = startChild(store.paths.home, "hold", "a");
    const shared = startChild(store.paths.home, "hold", "b", "shared");
    expect([await alone.line(), await shared.line()]).toEqual(["held", "held"]);
    expect([store.locks.tryAcquire("a"), store.locks.tryAcquire("a", true)]).toEqual([undefined, undefined]);
    expect(store.locks.tryAcquire("b")).toBeUndefined();
    store.locks.tryAcquire("b", true)!();
    const waiting = store.locks.acquire("a");
    alone.resume();
    (await waiting)();
    shared.resume();
    expect([await alone.ended, await shared.ended]).toEqual([0, 0]);
    store.locks.tryAcquire("b")!();
  });

  it("are released by the death of their holder", async () => {
    const store = newStore();
    for (const mode of ["exclusive", "shared"]) {
      const child = startChild(store.paths.home, "hold", "a", mode);
      await child.line();
      const waiting = store.locks.acquire("a");
      child.kill();
      (await waiting)();
    }
  });

  it("stop waiting when they are cancelled, and can be had later", async () => {
    const { locks } = newStore();
    const release = await locks.acquire("a");
    const controller = new AbortController();
    const waiting = locks.acquire("a", { signal: controller.signal });
    controller.abort(new RangeError("reason"));
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED", cause: new RangeError("reason") });
    release();
    await expect(locks.acquire("a", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    locks.tryAcquire("a")!();
  });

  it("let one process at a time change a file", async () => {
    const store = newStore();
    const file = join(temporaryFolder(), "counter");
    writeFileSync(file, "0");
    const children = [1, 2, 3].map(() => startChild(store.paths.home, "count", file, "40"));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0]);
    expect(readFileSync(file, "utf8")).toBe("120");
  });
});

describe("lock records, where there is no flock", () => {
  function records(folder: string, owner = currentOwner()) {
    const index = new Index(join(folder, "index"), () => join(folder, `new-${Math.random()}`));
    onTestFinished(() => index.close());
    return new LockRecords(index, owner);
  }

  it("exclude and share like locks", () => {
    const locks = records(temporaryFolder());
    const alone = locks.take("a", false)!;
    expect([locks.take("a", false), locks.take("a", true)]).toEqual([undefined, undefined]);
    alone();
    const [one, two] = [locks.take("a", true)!, locks.take("a", true)!];
    one();
    expect(locks.take("a", false)).toBeUndefined();
    two();
    expect(locks.take("a", false)).toBeTypeOf("function");
  });

  it("of a process that has died do not count", () => {
    const [, start, namespace, boot] = currentOwner().split("-");
    const folder = temporaryFolder();
    expect(records(folder, `4999999-${start}-${namespace}-${boot}`).take("a", false)).toBeTypeOf("function");
    expect(records(folder).take("a", false)).toBeTypeOf("function");
    expect(records(folder).take("a", false)).toBeUndefined();
  });
});
