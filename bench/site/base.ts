import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { constants, crc32, deflateRawSync } from "node:zlib";
import { debianRootfs } from "../../test/support/root-filesystems.ts";

const BLOCK = 512;
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
const GZIP_LEVEL = 6;

/** A Debian root filesystem of about 170 MB, as tar and as the same compressed. */
export interface Base {
  readonly tarFile: string;
  /** The tar as one deflate stream without gzip's frame. */
  readonly deflateFile: string;
}

/** Made on first use, by mmdebstrap from the machine's package mirror, and kept for later runs. */
export async function debianBase(env: NodeJS.ProcessEnv = process.env): Promise<Base> {
  const folder =
    env.SLIPWAY_BENCH_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "slipway-bench");
  mkdirSync(folder, { recursive: true });
  const tarFile = join(folder, "debian-bookworm.tar");
  const deflateFile = join(folder, "debian-bookworm.deflate");
  await keep(tarFile, async (file) => copyFileSync(await debianRootfs(), file));
  await keep(deflateFile, async (file) =>
    writeFileSync(file, deflateRawSync(readFileSync(tarFile), { level: GZIP_LEVEL })),
  );
  return { tarFile, deflateFile };
}

async function keep(file: string, make: (file: string) => Promise<void>): Promise<void> {
  if (existsSync(file)) return;
  await make(`${file}.${process.pid}`);
  renameSync(`${file}.${process.pid}`, file);
}

/**
 * The base as a layer that nobody has seen before: with a file in front that says `mark`. One plain gzip member (RFC 1952), though
 * the base in it is not compressed again: deflate streams can be joined after a full flush (RFC 1951).
 */
export function markedLayer(base: Base, mark: string): { readonly gzip: Buffer; readonly diffId: string } {
  const entry = tarEntry("bench-mark", mark);
  const tar = readFileSync(base.tarFile);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(tar, crc32(entry)), 0);
  trailer.writeUInt32LE((entry.length + tar.length) % 2 ** 32, 4);
  const front = deflateRawSync(entry, { finishFlush: constants.Z_FULL_FLUSH });
  return {
    gzip: Buffer.concat([GZIP_HEADER, front, readFileSync(base.deflateFile), trailer]),
    diffId: `sha256:${createHash("sha256").update(entry).update(tar).digest("hex")}`,
  };
}

/** A regular file in a ustar archive, without the archive's end. */
export function tarEntry(name: string, text: string): Buffer {
  const content = Buffer.from(text);
  const entry = Buffer.alloc(BLOCK + Math.ceil(content.length / BLOCK) * BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  entry.write(name, 0);
  entry.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(content.length, 11) + octal(0, 11), 100);
  entry.write("        0", 148);
  entry.write("ustar\u000000", 257);
  const checksum = entry.subarray(0, BLOCK).reduce((sum, byte) => sum + byte, 0);
  entry.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148);
  content.copy(entry, BLOCK);
  return entry;
}
