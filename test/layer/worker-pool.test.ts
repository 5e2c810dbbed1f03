import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import type { CaptureTask } from "../../src/layer/capture-task.ts";
import type { PackTask } from "../../src/layer/pack-task.ts";
import { packError, unpackError } from "../../src/layer/thread-errors.ts";
import { Toc } from "../../src/layer/toc.ts";
import { encodeToc } from "../../src/layer/toc-writer.ts";
import { WorkerPool } from "../../src/layer/worker-pool.ts";
import { chunksOf, writeArchive } from "./archives.ts";
import { dir, file } from "./entries.ts";
import { PORTABLE, Workspace } from "./trees.ts";

const built = new URL("../../dist/worker.js", import.meta.url);

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space.done());

const task = (): CaptureTask => {
  const directory = space.folder();
  mkdirSync(join(directory, "d"));
  for (const name of ["a", "b"]) writeFileSync(join(directory, "d", name), name);
  return {
    kind: "capture",
    directory,
    parent: [],
    stubs: new Set(),
    source: { kind: "copy", target: space.folder(), form: PORTABLE },
  };
};
const pack = (...entries: readonly Entry[]): PackTask => ({
  kind: "pack",
  toc: encodeToc(entries),
  linkedTo: new Set(),
  target: { kind: "snapshot", directory: space.folder(), form: PORTABLE },
});
const broken = (): PackTask => pack(file("no/parent"));
const ingest = { kind: "ingest", parent: [], parentDirectories: [] } as const;
const archive = writeArchive([dir("d"), file("d/f")]);

describe.each([
  ["on a thread", () => built],
  ["without the worker's file", () => undefined],
])("work on layers %s", (_, worker) => {
  it("gives the same result", async () => {
    const one = task();
    const here = await new WorkerPool(1, () => undefined).batch(one);
    const there = await new WorkerPool(1, worker).batch({ ...one, source: task().source });
    expect(there.info).toEqual(here.info);
    expect(Buffer.compare(there.toc, here.toc)).toBe(0);
  });

  it("throws errors with their code, and goes on with the next task", async () => {
    const pool = new WorkerPool(1, worker);
    await expect(pool.stream(broken(), chunksOf(Buffer.alloc(0)))).rejects.toThrow(
      expect.objectContaining({ code: "INTERNAL" }),
    );
    await expect(pool.stream(ingest, chunksOf(Buffer.alloc(512, "x")))).rejects.toThrow(
      expect.objectContaining({ code: "LAYER_INVALID" }),
    );
    await expect(pool.batch(task())).resolves.toBeDefined();
    await expect(pool.stream(ingest, chunksOf(archive))).resolves.toMatchObject({ summary: { entries: 2 } });
  });

  it("takes files apart that come in pieces, and gives their memory back", async () => {
    const entries = [dir("d"), file("d/a", { size: 3 }), file("d/empty"), file("d/long", { size: 6 })];
    const given: ArrayBuffer[] = [];
    const pieces = [
      { bytes: "onelo", digests: [digestOf("one")] },
      { bytes: "nger", digests: [digestOf("longer")] },
    ].map(({ bytes, digests }) => ({ bytes: new Uint8Array(Buffer.from(bytes)), digests }));
    async function* source() {
      yield* pieces;
    }
    const made = await new WorkerPool(1, worker).stream(pack(...entries), source(), {
      recycle: (buffer) => given.push(buffer),
    });
    expect([...Toc.open(made.toc).entries()].map(({ path, digest }) => [path, digest])).toEqual([
      ["d", undefined],
      ["d/a", digestOf("one")],
      ["d/empty", digestOf("")],
      ["d/long", digestOf("longer")],
    ]);
    expect(given.map((buffer) => buffer.byteLength)).toEqual([5, 4]);
  });

  it("takes more tasks than it has threads", async () => {
    const pool = new WorkerPool(2, worker);
    const all = await Promise.all(Array.from({ length: 7 }, () => pool.batch(task())));
    expect(all.map((one) => one.info.entries)).toEqual(Array(7).fill(3));
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
    const results = Promise.allSettled([
      pool.batch(task()),
      pool.batch(task(), { signal: controller.signal }),
    ]);
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
