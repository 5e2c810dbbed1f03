import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import type { PackTask } from "../../src/layer/pack-task.ts";
import { packError, unpackError } from "../../src/layer/thread-errors.ts";
import { WorkerPool } from "../../src/layer/worker-pool.ts";
import { chunksOf, writeArchive } from "./archives.ts";
import { dir, file } from "./entries.ts";
import { changesOf, PORTABLE, Workspace } from "./trees.ts";

const built = new URL("../../dist/worker.js", import.meta.url);

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space.done());

const task = (): PackTask => ({
  kind: "pack",
  changes: changesOf([dir("d"), file("d/a"), file("d/b")], { "d/a": "one" }),
  directory: space.folder(),
  form: PORTABLE,
});
const broken = (): PackTask => ({ ...task(), changes: changesOf([file("no/parent")]) });
const ingest = { kind: "ingest", parent: [], parentDirectories: [] } as const;
const archive = writeArchive([dir("d"), file("d/f")]);

describe.each([
  ["on a thread", () => built],
  ["without the worker's file", () => undefined],
])("work on layers %s", (_, worker) => {
  it("gives the same result", async () => {
    const here = await new WorkerPool(1, () => undefined).batch(task());
    const there = await new WorkerPool(1, worker).batch(task());
    expect(there.info).toEqual(here.info);
    expect(Buffer.compare(there.toc, here.toc)).toBe(0);
  });

  it("throws errors with their code, and goes on with the next task", async () => {
    const pool = new WorkerPool(1, worker);
    await expect(pool.batch(broken())).rejects.toThrow(expect.objectContaining({ code: "INTERNAL" }));
    await expect(pool.stream(ingest, chunksOf(Buffer.alloc(512, "x")))).rejects.toThrow(
      expect.objectContaining({ code: "LAYER_INVALID" }),
    );
    await expect(pool.batch(task())).resolves.toBeDefined();
    await expect(pool.stream(ingest, chunksOf(archive))).resolves.toMatchObject({ info: { entries: 2 } });
  });

  it("takes more tasks than it has threads", async () => {
    const pool = new WorkerPool(2, worker);
    const all = await Promise.all(Array.from({ length: 7 }, () => pool.batch(task())));
    expect(new Set(all.map((one) => one.info.diffId)).size).toBe(1);
  });

  it("reports what the system says", async () => {
    const missing = { ...task(), directory: "/nowhere/at/all" };
    await expect(new WorkerPool(1, worker).batch(missing)).rejects.toThrow(
      expect.objectContaining({ code: "ENOENT" }),
    );
  });

  it("is cancelled while it waits for its turn", async () => {
    const pool = new WorkerPool(1, worker);
    const controller = new AbortController();
    const results = Promise.allSettled([pool.batch(task()), pool.batch(task(), controller.signal)]);
    controller.abort();
    const [first, second] = await results;
    expect(first.status).toBe("fulfilled");
    if (worker()) expect(second).toMatchObject({ status: "rejected", reason: { code: "CANCELLED" } });
  });
});

describe("a thread", () => {
  it("has its program in dist/", () => expect(existsSync(built)).toBe(true));

  it("that dies is an error, not a wait without end", async () => {
    const program = space.file("process.exit(3);");
    const pool = new WorkerPool(1, () => pathToFileURL(program));
    await expect(pool.batch(task())).rejects.toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });
});

describe("errors between threads", () => {
  it("keep code, hint, facts and cause", () => {
    const cause = Object.assign(new TypeError("inner"), { code: "EX", errno: 5 });
    const error = new SlipwayError("LAYER_INVALID", "outer", { hint: "do", facts: { a: 1 }, cause });
    const back = unpackError(structuredClone(packError(error)));
    expect(back).toBeInstanceOf(SlipwayError);
    expect(back).toMatchObject({ code: "LAYER_INVALID", message: "outer", hint: "do", facts: { a: 1 } });
    expect(back.cause).toMatchObject({ message: "inner", code: "EX", errno: 5 });
  });

  it("become errors with a remedy where the disk is full", () => {
    const full = Object.assign(new Error("ENOSPC: write"), { code: "ENOSPC" });
    expect(unpackError(packError(full))).toMatchObject({ code: "DISK_FULL" });
  });
});
