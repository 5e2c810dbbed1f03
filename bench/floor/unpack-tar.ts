import { closeSync, linkSync, mkdirSync, openSync, readFileSync, symlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

const BLOCK = 512;

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly target: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** Unpacks a well-meaning tar in one loop: folders, files and links; long names as GNU and pax write them. */
export function unpackTar(file: string, to: string): void {
  const made = new Set<string>();
  for (const entry of entries(readFileSync(file))) place(entry, to, made);
}

function place({ name, type, target, mode, content }: Entry, to: string, made: Set<string>): void {
  const path = join(to, name);
  makeFolder(type === "5" ? path : dirname(path), made);
  if (type === "2") symlinkSync(target, path);
  else if (type === "1") linkSync(join(to, target), path);
  else if (type === "0" || type === "\0") {
    const descriptor = openSync(path, "w", mode);
    if (content.length > 0) writeSync(descriptor, content);
    closeSync(descriptor);
  }
}

function makeFolder(path: string, made: Set<string>): void {
  if (made.has(path)) return;
  mkdirSync(path, { recursive: true });
  made.add(path);
}

function* entries(tar: Buffer): Generator<Entry> {
  let long: { name?: string; target?: string } = {};
  for (let offset = 0; offset + BLOCK <= tar.length && tar[offset] !== 0; ) {
    const header = tar.subarray(offset, offset + BLOCK);
    const size = Number.parseInt(field(header, 124, 12), 8) || 0;
    const content = tar.subarray(offset + BLOCK, offset + BLOCK + size);
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156]!);
    if ("LKxg".includes(type)) {
      long = { ...long, ...longNames(type, content) };
      continue;
    }
    yield {
      name: long.name ?? plainName(header),
      type,
      target: long.target ?? field(header, 157, 100),
      mode: Number.parseInt(field(header, 100, 8), 8),
      content,
    };
    long = {};
  }
}

function longNames(type: string, content: Buffer): { name?: string; target?: string } {
  const text = content.toString("utf8");
  if (type === "L") return { name: text.replace(/\0.*$/s, "") };
  if (type === "K") return { target: text.replace(/\0.*$/s, "") };
  const name = /^\d+ path=(.*)$/m.exec(text)?.[1];
  const target = /^\d+ linkpath=(.*)$/m.exec(text)?.[1];
  return { ...(name ? { name } : {}), ...(target ? { target } : {}) };
}

function plainName(header: Buffer): string {
  const prefix = field(header, 257, 6) === "ustar" ? field(header, 345, 155) : "";
  const name = field(header, 0, 100);
  return prefix ? `${prefix}/${name}` : name;
}

function field(header: Buffer, start: number, length: number): string {
  const bytes = header.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? length : end);
}
