import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { createRequire, wrap } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";
import { makeFolders } from "../sys/make-folders.ts";

export interface CachedProgram {
  /** A CommonJS file of ASCII characters. */
  readonly file: string;
  /** Changes with the file's content. */
  readonly id: string;
  /** Which work is about to be done: each kind compiles functions of its own. */
  readonly kind: string;
  /** An existing folder that only this user can write. */
  readonly folder: string;
}

export interface LoadedProgram {
  readonly exports: unknown;
  /** Keeps what has been compiled by now, where nothing was kept before. Best effort. */
  readonly keep: () => void;
}

const CRC_BYTES = 4;
const LIFETIME_MS = 30 * 24 * 3600 * 1000;

/**
 * Loads a program with the machine code that V8 made of it in an earlier run, which saves half of the start. Node's own compile
 * cache (`module.enableCompileCache`) came with Node 22.
 */
export function loadProgram(program: CachedProgram): LoadedProgram {
  const place = join(program.folder, cacheName(program));
  const cachedData = readCache(place);
  const script = new Script(wrap(readFileSync(program.file, "latin1")), {
    filename: program.file,
    ...(cachedData ? { cachedData } : {}),
  });
  const module = { exports: {} as unknown };
  const run = script.runInThisContext() as (...names: readonly unknown[]) => void;
  run(module.exports, createRequire(program.file), module, program.file, dirname(program.file));
  if (cachedData !== undefined && !script.cachedDataRejected)
    return { exports: module.exports, keep: () => {} };
  keepCode(true);
  return {
    exports: module.exports,
    keep: () => {
      // What is kept is bound to the flags that were set when it was made.
      keepCode(false);
      writeCache(place, () => script.createCachedData());
    },
  };
}

/** In a long run V8 drops the code of functions that were not called for a while, and it would be missing from what is kept. */
function keepCode(isOn: boolean): void {
  // Loading this part of Node takes longer than reading the cache.
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  setFlagsFromString(isOn ? "--no-flush-bytecode" : "--flush-bytecode");
}

function cacheName({ id, kind }: CachedProgram): string {
  return [id, process.version, process.arch, kind].join("-");
}

/**
 * Nothing that somebody else could have written is run: the file has to be ours, as its folder has. V8 checks version and length
 * by itself, but not the bytes.
 */
function readCache(path: string): Buffer | undefined {
  try {
    const fd = openSync(path, "r");
    try {
      const { uid, mode } = fstatSync(fd);
      if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
      const bytes = readFileSync(fd);
      const body = bytes.subarray(CRC_BYTES);
      return bytes.length > CRC_BYTES && crc32(body) === bytes.readUInt32LE(0) ? body : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function writeCache(path: string, compiled: () => Buffer): void {
  const temporary = `${path}.${process.pid}`;
  try {
    makeFolders(dirname(path), 0o700);
    removeOld(dirname(path));
    const body = compiled();
    const head = Buffer.alloc(CRC_BYTES);
    head.writeUInt32LE(crc32(body));
    const fd = openSync(temporary, "wx", 0o600);
    try {
      writeSync(fd, head);
      for (let at = 0; at < body.length; ) at += writeSync(fd, body, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch {
    // It only saves time.
    removeIfPossible(temporary);
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder cannot be written, or is none.
  }
}

/** What other versions of the program or of Node left behind. */
function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > LIFETIME_MS) removeIfPossible(path);
  }
}
