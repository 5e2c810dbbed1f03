import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const MIB = 1 << 20;
const POOL_BYTES = MIB;
const VOCABULARY = 4096;
const FILES_IN_FOLDER = 100;
const SMALLEST = 2048;
const SPREAD = 12_288;

/** Writes `count` text files of 8 KB on average below `folder`, a hundred to a folder. Other rounds, other bytes. */
export function writeFiles(folder: string, count: number, round: number): void {
  const pool = words(round + 1);
  for (let index = 0; index < count; index++) {
    const parent = join(folder, `d${Math.floor(index / FILES_IN_FOLDER)}`);
    if (index % FILES_IN_FOLDER === 0) mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `f${index}.txt`), fileText(pool, index, round));
  }
}

/** One of the files that `writeFiles` writes, with other bytes. */
export function changeFile(folder: string, index: number, round: number): void {
  const path = join(folder, `d${Math.floor(index / FILES_IN_FOLDER)}`, `f${index}.txt`);
  writeFileSync(path, `changed in round ${round}, at ${Date.now()}\n`);
}

function fileText(pool: Buffer, index: number, round: number): Buffer {
  const size = SMALLEST + ((index * 7919) % SPREAD);
  const start = (index * 104_729) % (POOL_BYTES - SMALLEST - SPREAD);
  return Buffer.concat([
    Buffer.from(`file ${index} of round ${round}\n`),
    pool.subarray(start, start + size),
  ]);
}

/** Text that compresses about as source code does. */
function words(seed: number): Buffer {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  const vocabulary = Array.from({ length: VOCABULARY }, () => next().toString(36));
  const parts: string[] = [];
  for (let length = 0; length < POOL_BYTES; length += parts.at(-1)!.length + 1)
    parts.push(vocabulary[next() % VOCABULARY]!);
  return Buffer.from(parts.join(" ")).subarray(0, POOL_BYTES);
}

/** Writes a file of this many bytes that gzip cannot make smaller. Every file is another one. */
export function writeNoise(path: string, bytes: number): void {
  const block = randomBytes(MIB);
  const descriptor = openSync(path, "w", 0o644);
  try {
    for (let written = 0; written < bytes; written += MIB) {
      block.writeDoubleLE(written, 0);
      writeSync(descriptor, block, 0, Math.min(MIB, bytes - written));
    }
  } finally {
    closeSync(descriptor);
  }
}
