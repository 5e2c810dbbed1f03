import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CleanupScope } from "../../src/core/cleanup-scope.ts";
import { digestOf } from "../../src/core/digest.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { applyArchive } from "../../src/execute/add/archive.ts";
import { type ArchiveSource, openArchive } from "../../src/execute/add/archive-file.ts";
import { ChangeSet } from "../../src/execute/copy/change-set.ts";
import { hashSource } from "../../src/execute/copy/hash-source.ts";
import { writeArchive } from "../layer/archives.ts";
import { dir, file, symlink } from "../layer/entries.ts";
import { temporaryFolder } from "../support/folders.ts";
import { MemoryTree } from "./memory-tree.ts";

const never = new AbortController().signal;

function source(path: string): ArchiveSource {
  const bytes = fs.readFileSync(path);
  return { path, entry: { ...file("archive", { size: bytes.length }), digest: digestOf(bytes) } };
}

interface Unpack {
  readonly changes?: ChangeSet;
  readonly signal?: AbortSignal;
  readonly beforeReading?: () => void;
  readonly destination?: string;
}

/** Unpacks a file on disk and gives the changes. */
async function unpack(from: ArchiveSource, options: Unpack = {}): Promise<ChangeSet> {
  const {
    changes = new ChangeSet(new MemoryTree()),
    signal = never,
    beforeReading,
    destination = "t",
  } = options;
  const archive = await openArchive(from, signal);
  if (!archive) throw new Error("this is no archive");
  const at = {
    destination,
    destinationIsDirectory: true,
    owner: undefined,
    mode: undefined,
    bytes: () => ({ kind: "none" }) as const,
  };
  const below = { prepare: async () => {}, locate: (path: string) => `/below/${path}` };
  const spool = async () => {
    beforeReading?.();
    return temporaryFolder();
  };
  const scope = new CleanupScope();
  await applyArchive(archive, { at, like: from.entry }, { changes, below, spool, scope, signal });
  return changes;
}

function onDisk(entries: readonly Entry[], bytes: Readonly<Record<string, Buffer>> = {}): string {
  const path = join(temporaryFolder(), "archive.tar");
  fs.writeFileSync(path, writeArchive(entries, bytes));
  return path;
}

describe("the archive that is unpacked is the one that was hashed", () => {
  const changed = expect.objectContaining({ code: "SOURCE_CHANGED" });
  const small = () => onDisk([file("f")], { f: Buffer.from("one") });

  it("CK-02, AD-02: a file that was overwritten is not unpacked", async () => {
    const from = source(small());
    fs.writeFileSync(from.path, writeArchive([file("f")], { f: Buffer.from("two") }));
    await expect(unpack(from)).rejects.toThrow(changed);
  });

  it("CK-02, AD-02: neither is one that is overwritten while it is read, be it damaged by that or not", async () => {
    const overwrites = [
      writeArchive([file("f")], { f: Buffer.from("two") }),
      Buffer.alloc(2048, "x"),
      Buffer.concat([fs.readFileSync(small()), Buffer.alloc(512)]),
    ];
    for (const bytes of overwrites) {
      const from = source(small());
      await expect(unpack(from, { beforeReading: () => fs.writeFileSync(from.path, bytes) })).rejects.toThrow(
        changed,
      );
    }
  });

  it("CK-02: a file that another takes the place of is read to its end, the other is not", async () => {
    const from = source(small());
    const other = onDisk([file("other")]);
    const changes = await unpack(from, { beforeReading: () => fs.renameSync(other, from.path) });
    expect(changes.lookup("t/f")?.size).toBe(3);
    expect(changes.lookup("t/other")).toBeUndefined();
  });

  it("CK-02: a link or a pipe in its place leads nowhere and holds nothing up", async () => {
    const from = source(small());
    const outside = onDisk([file("f")], { f: Buffer.from("one") });
    fs.rmSync(from.path);
    fs.symlinkSync(outside, from.path);
    await expect(openArchive(from, never)).rejects.toThrow(changed);
    fs.rmSync(from.path);
    execFileSync("mkfifo", [from.path]);
    await expect(openArchive(from, never)).rejects.toThrow(changed);
  });

  it("AD-01: what was written to after it was hashed is not taken for a plain file either", async () => {
    const path = join(temporaryFolder(), "plain");
    fs.writeFileSync(path, "plain");
    const plain = source(path);
    const witness = {
      open: () => fs.openSync(path, "r"),
      isUnchanged: () => false,
      wasRead: () => {},
    };
    expect(await openArchive({ ...plain, witness }, never)).toBeUndefined();
    fs.writeFileSync(path, "PLAIN");
    await expect(openArchive({ ...plain, witness }, never)).rejects.toThrow(changed);
  });
});

describe("links of archives", () => {
  it("AD-02: a member that comes again does not change what was linked to the first", async () => {
    const path = join(temporaryFolder(), "a.tar");
    const first = writeArchive([file("a"), file("b", { hardLink: "a" })], { a: Buffer.from("one") });
    const second = writeArchive([file("a")], { a: Buffer.from("two!") });
    fs.writeFileSync(path, Buffer.concat([first.subarray(0, 512 * 3), second]));
    const [, a, b] = [...(await unpack(source(path))).finish()];
    const text = (change: typeof a) =>
      change?.bytes.kind === "path" ? fs.readFileSync(change.bytes.path, "utf8") : change?.entry.hardLink;
    expect([text(a), text(b)]).toEqual(["two!", "one"]);
  });

  it("AD-02: a link may be to what is there already; its header counts for both", async () => {
    const changes = new ChangeSet(new MemoryTree({ "t/old": "old" }));
    const link = file("new", { hardLink: "old", mode: 0o600, uid: 5 });
    await unpack(source(onDisk([link])), { changes });
    const found = [...changes.finish()].filter(({ entry }) => entry.type === "file");
    expect(found.map(({ entry }) => [entry.path, entry.mode, entry.uid, entry.size, entry.hardLink])).toEqual(
      [
        ["t/new", 0o600, 5, 3, undefined],
        ["t/old", 0o600, 5, 3, "t/new"],
      ],
    );
    expect(found[0]!.bytes).toEqual({ kind: "path", path: "/below/t/old" });
  });

  it("AD-02: a link to a directory, to itself, to nothing or out of the archive is an error", async () => {
    const invalid = expect.objectContaining({ code: "LAYER_INVALID" });
    for (const name of ["d", "h", "nothing", "../f", "/../f", "d/../../t/f"])
      await expect(
        unpack(source(onDisk([dir("d"), file("f"), file("h", { hardLink: name })]))),
      ).rejects.toThrow(invalid);
  });

  it("AD-02, LT-03: a symlink has no mode of its own", async () => {
    const changes = await unpack(source(onDisk([symlink("l", "f", { mode: 0o644 })])));
    expect(changes.lookup("t/l")?.mode).toBe(0o777);
  });
});

describe("members that are there already", () => {
  it("AD-02: one with the same bytes leaves no trace", async () => {
    const before = { "t/f": { text: "same", mtime: 0 }, "t/g": { text: "old!", mtime: 0 } };
    const changes = new ChangeSet(new MemoryTree(before));
    const bytes = { f: Buffer.from("same"), g: Buffer.from("new!") };
    await unpack(source(onDisk([file("f"), file("g"), file("h", { hardLink: "f" })], bytes)), { changes });
    await changes.identify((entry, path) => hashSource(entry, path, never));
    const files = [...changes.finish()].filter((change) => change.entry.type === "file");
    expect(files.map((change) => change.entry.path)).toEqual(["t/g", "t/h"]);
  });

  it("AD-02: comparing ends when the build is cancelled, however large the file is", async () => {
    const path = join(temporaryFolder(), "large");
    const size = 64 * 1024 ** 3;
    fs.writeFileSync(path, "");
    fs.truncateSync(path, size);
    await expect(hashSource(file("large", { size }), path, AbortSignal.abort())).rejects.toThrow(
      expect.objectContaining({ code: "CANCELLED" }),
    );
  });
});

describe("archives that are more than they look", () => {
  it("AD-02, LT-07: holes take no room, however large", async () => {
    const size = 64 * 1024 ** 3;
    const archive = sparseArchive(size);
    const path = join(temporaryFolder(), "sparse.tar.gz");
    fs.writeFileSync(path, gzipSync(archive));
    const changes = await unpack(source(path));
    const { bytes, entry } = [...changes.finish()].find((change) => change.entry.path === "t/s")!;
    if (bytes.kind !== "path") throw new Error("the file has no bytes");
    const stat = fs.statSync(bytes.path);
    expect([entry.size, stat.size, stat.blocks]).toEqual([size, size, 0]);
  });

  it("AD-02: unpacking ends when the build is cancelled", async () => {
    const path = onDisk([file("f")], { f: Buffer.alloc(3_000_000) });
    const controller = new AbortController();
    await expect(
      unpack(source(path), { signal: controller.signal, beforeReading: () => controller.abort() }),
    ).rejects.toThrow(expect.objectContaining({ code: "CANCELLED" }));
  });

  it("AD-02: a member costs what is new about it, not the depth that it lies at", async () => {
    const depth = 400;
    const members = 300;
    const changes = new CountingChanges(new MemoryTree());
    const deep = "d/".repeat(depth);
    const entries = Array.from({ length: members }, (_, i) => file(`${deep}f${i}`, { size: 0 }));
    await unpack(source(onDisk(entries)), { changes });
    expect(changes.size).toBe(1 + depth + members);
    expect(changes.lookups).toBeLessThan(10 * (depth + members));
  });

  it("AD-02: what is known of parents is forgotten when a link or a directory gives way", async () => {
    const entries = [
      dir("x"),
      dir("y"),
      symlink("l", "x"),
      file("l/1"),
      symlink("l", "y"),
      file("l/2"),
      dir("l"),
      file("l/3"),
      file("l/4/5"),
      file("l/4"),
      file("l/6"),
    ];
    const changes = await unpack(source(onDisk(entries)));
    const files = [...changes.finish()].filter(({ entry }) => entry.type === "file");
    expect(files.map(({ entry }) => entry.path)).toEqual(["t/l/3", "t/l/4", "t/l/6", "t/x/1", "t/y/2"]);
  });
});

class CountingChanges extends ChangeSet {
  lookups = 0;

  override lookup(path: string): Entry | undefined {
    this.lookups += 1;
    return super.lookup(path);
  }
}

/** One file of zeros only, in the form PAX 0.1. */
function sparseArchive(size: number): Buffer {
  const records = [`GNU.sparse.size=${size}`, "GNU.sparse.numblocks=0", "GNU.sparse.map="];
  const pax = records.map((record) => {
    const rest = ` ${record}\n`;
    const length = rest.length + String(rest.length + 2).length;
    return `${length}${rest}`;
  });
  const body = Buffer.from(pax.join(""));
  const header = writeArchive([file("pax", { size: body.length })], { pax: body });
  header[156] = "x".charCodeAt(0);
  header.write("        ", 148);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header.subarray(0, 1024), writeArchive([file("s", { size: 0 })])]);
}
