// What the machine can do: plain loops that do the unavoidable part of a workload, each in a process of its own.
import { createHash } from "node:crypto";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { deflateRaw, gunzipSync } from "node:zlib";
import { unpackTar } from "./unpack-tar.ts";

const DEFLATE_BLOCK = 1 << 20;

/** Every path below a folder, with its lstat. */
function walk(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (lstatSync(path).isDirectory()) walk(path);
  }
}

/** Reads every file once, hashes it twice (for a table of contents, for a layer), writes it. */
function copy(from: string, to: string, whole = createHash("sha256")): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      copy(source, target, whole);
      continue;
    }
    const bytes = readFileSync(source);
    createHash("sha256").update(bytes).digest();
    whole.update(bytes);
    const descriptor = openSync(target, "w");
    writeSync(descriptor, bytes);
    closeSync(descriptor);
  }
}

async function download(url: string): Promise<void> {
  const response = await fetch(url);
  for await (const _ of response.body!);
}

/** Independent blocks on all threads of the pool. */
async function deflate(file: string): Promise<void> {
  const bytes = readFileSync(file);
  const jobs: Promise<void>[] = [];
  for (let offset = 0; offset < bytes.length; offset += DEFLATE_BLOCK)
    jobs.push(deflateBlock(bytes.subarray(offset, offset + DEFLATE_BLOCK)));
  await Promise.all(jobs);
}

function deflateBlock(block: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    deflateRaw(block, { level: 6 }, (error) => (error ? reject(error) : resolve())),
  );
}

const LOOPS: Readonly<Record<string, (from: string, to: string) => void | Promise<void>>> = {
  walk,
  copy: (from, to) => copy(from, to),
  gunzip: (from, to) => writeFileSync(to, gunzipSync(readFileSync(from))),
  unpack: unpackTar,
  download,
  deflate,
};

const [name = "", from = "", to = ""] = process.argv.slice(2);
const loop = LOOPS[name];
if (!loop) throw new TypeError(`no loop is called ${name}`);
await loop(from, to);
