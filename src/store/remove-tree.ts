import { Buffer } from "node:buffer";
import { chmodSync, type Dirent, lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";

/** Milliseconds of removing at a time. */
const SLICE_MS = 4;

/**
 * Removes a file or a whole tree. Never follows a symbolic link and never descends into what is mounted inside the tree.
 * Directories without write permission are made writable first. Goes on after a failure and throws the first one at the
 * end (`STORE_BUSY` for something mounted); a path that is not there is no failure. Names need not be UTF-8.
 */
export async function removeTree(path: string | Buffer): Promise<void> {
  const root = await realLocation(Buffer.from(path as string));
  if (!root) return;
  const removal = new Removal(await mountPointsBelow(root));
  await removal.remove(root);
  if (removal.failure !== undefined) throw removal.failure;
}

class Removal {
  readonly #mounts: ReadonlySet<string>;
  failure: unknown;

  constructor(mounts: ReadonlySet<string>) {
    this.#mounts = mounts;
  }

  /** Synchronous calls take a fifth of the time that others do; other work gets a turn between them. */
  async remove(path: Buffer): Promise<void> {
    let turn = Date.now();
    for (const _ of this.#entry(path)) {
      if (Date.now() - turn < SLICE_MS) continue;
      await new Promise(setImmediate);
      turn = Date.now();
    }
  }

  *#entry(path: Buffer, isDirectory?: boolean): Generator<void> {
    try {
      if (this.#mounts.has(path.toString("latin1")))
        throw new SlipwayError("STORE_BUSY", `something is mounted at ${path}`, {
          hint: "unmount it, then try again",
        });
      if (isDirectory ?? lstatSync(path).isDirectory()) yield* this.#directory(path);
      else unlinkSync(path);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") this.failure ??= error;
    }
    yield;
  }

  *#directory(path: Buffer): Generator<void> {
    for (const entry of this.#list(path)) yield* this.#entry(child(path, entry.name), entry.isDirectory());
    rmdirSync(path);
  }

  /** Emptying a directory takes read, write and search permission on it. */
  #list(path: Buffer): readonly Dirent<Buffer>[] {
    const mode = lstatSync(path).mode;
    if ((mode & 0o700) !== 0o700) makeAccessible(path);
    return readdirSync(path, { encoding: "buffer", withFileTypes: true });
  }
}

function makeAccessible(path: Buffer): void {
  try {
    chmodSync(path, 0o700);
  } catch {
    // Then listing it says what is wrong.
  }
}

function child(path: Buffer, name: Buffer): Buffer {
  return Buffer.concat([path, Buffer.from("/"), name]);
}

/** The path without links on the way to it, as mountinfo has it; its last part stays what it is. Undefined where its folder is not there. */
async function realLocation(path: Buffer): Promise<Buffer | undefined> {
  const slash = path.lastIndexOf("/");
  const folder = slash < 0 ? Buffer.from(".") : path.subarray(0, Math.max(slash, 1));
  try {
    return child(await realpath(folder, { encoding: "buffer" }), path.subarray(slash + 1));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Mount points at or below `root` (latin1 text of their bytes), from proc(5) mountinfo; empty where there is no /proc. */
async function mountPointsBelow(root: Buffer): Promise<ReadonlySet<string>> {
  const table = await readFile("/proc/self/mountinfo", "latin1").catch(() => "");
  const prefix = root.toString("latin1");
  const points = table.split("\n").map((line) => unescapeOctal(line.split(" ")[4] ?? ""));
  return new Set(points.filter((point) => point === prefix || point.startsWith(`${prefix}/`)));
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
