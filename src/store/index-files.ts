import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { systemErrorCode } from "../core/errors.ts";
import { hasLibc, libc } from "../sys/libc.ts";

/** Processes that can read the index at one time. */
export const INDEX_READERS = 512;

/** `MDB_MAGIC`, little-endian, with which the body of a meta page begins. */
const META_MARK = Buffer.from([0xde, 0xc0, 0xef, 0xbe]);
const PAGE_HEADER = 64;
/** The second meta page begins where the first page ends, and pages have at most 64 KiB. */
const META_PAGES = 66_000;
/** LMDB gives each reader a cache line; the head takes less than a page. Bytes. */
export const LOCK_FILE = INDEX_READERS * 64 + 4096;
const ATTEMPTS = 20;
const PAUSE_MS = 5;

/** Moves a file that is no database out of the way: LMDB would not survive opening it. All that it held was a cache. */
export function setAsideIfDamaged(path: string): void {
  const fd = openIfThere(path);
  if (fd === undefined) return;
  try {
    if (isDatabase(fd)) return;
    // Of several processes that find this, one moves the file, and the others see that it is another one now.
    if (hasLibc()) libc().lock(fd, "exclusive", { wait: true });
    if (statSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(fd).ino) return;
    rmSync(`${path}-lock`, { force: true });
    renameSync(path, `${path}.damaged`);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes LMDB's lock file before LMDB does, with all its blocks: it is written through a mapping, and a hole in it on a full
 * disk would end the process (SIGBUS). `temporaryFile` gives a path on the same file system.
 */
export function allocateLockFile(path: string, temporaryFile: () => string): void {
  const lock = `${path}-lock`;
  if (existsSync(lock)) return;
  const temporary = temporaryFile();
  try {
    writeFileSync(temporary, Buffer.alloc(LOCK_FILE), { flag: "wx", mode: 0o600 });
    linkSync(temporary, lock);
  } catch (error) {
    // Another process was faster, or the file system knows no hard links: then LMDB makes the file.
    if (!["EEXIST", "EPERM", "ENOTSUP", "EMLINK"].includes(systemErrorCode(error) ?? "")) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Makes the database's file before LMDB does, which would let everybody read it. The owner of one that is there closes it to others. */
export function makeIndexPrivate(path: string): void {
  const fd = openSync(path, "a", 0o600);
  try {
    const { mode, uid } = fstatSync(fd);
    if ((mode & 0o077) !== 0 && uid === process.getuid?.()) fchmodSync(fd, 0o600);
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Tells whether both meta pages have their mark, or will in a moment: another process may be making the file. */
function isDatabase(fd: number): boolean {
  for (let attempt = 1; !hasMetaPages(fd); attempt++) {
    if (attempt === ATTEMPTS) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return true;
}

function hasMetaPages(fd: number): boolean {
  if (fstatSync(fd).size === 0) return true;
  const pages = Buffer.alloc(META_PAGES);
  const head = pages.subarray(0, readSync(fd, pages, 0, META_PAGES, 0));
  const first = head.indexOf(META_MARK);
  return first >= 0 && first < PAGE_HEADER && head.lastIndexOf(META_MARK) > first;
}
