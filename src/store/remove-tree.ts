import { Buffer } from "node:buffer";
import { chmod, lstat, readdir, readFile, realpath, rmdir, unlink } from "node:fs/promises";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";

/** Entries of one directory removed at a time. */
const BATCH = 64;

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

  async remove(path: Buffer): Promise<void> {
    try {
      if (this.#mounts.has(path.toString("latin1")))
        throw new SlipwayError("STORE_BUSY", `something is mounted at ${path}`, {
          hint: "unmount it, then try again",
        });
      const isDirectory = (await lstat(path)).isDirectory();
      if (isDirectory) await this.#directory(path);
      else await unlink(path);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") this.failure ??= error;
    }
  }

  async #directory(path: Buffer): Promise<void> {
    const names = await this.#list(path);
    for (let i = 0; i < names.length; i += BATCH)
      await Promise.all(names.slice(i, i + BATCH).map((name) => this.remove(child(path, name))));
    await rmdir(path);
  }

  /** Emptying a directory takes read, write and search permission on it. */
  async #list(path: Buffer): Promise<readonly Buffer[]> {
    const mode = (await lstat(path)).mode;
    if ((mode & 0o700) !== 0o700) await chmod(path, 0o700).catch(() => {});
    return readdir(path, { encoding: "buffer" });
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
