import { type Digest, isDigest } from "../core/digest.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import { decodeEntries, encodeEntries } from "./input-entries.ts";
import type { Field, InputFiles, StepInputs } from "./inputs.ts";

/** What a step left behind the last time it ran with these inputs. */
export interface CacheRecord {
  readonly version: 1;
  readonly key: Digest;
  /** Every step makes a layer, an empty one where it changed nothing. */
  readonly layer: LayerInfo;
  /** When the layer was made, RFC 3339: history times of a cached build stay the same. */
  readonly created: string;
  /** The step's text, for listings. */
  readonly description: string;
}

/** Reads a record; a damaged or newer one counts as absent (the step runs again). */
export function decodeRecord(bytes: Uint8Array | undefined): CacheRecord | undefined {
  const value = parse(bytes);
  return isRecord(value) ? value : undefined;
}

export function encodeRecord(record: CacheRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record));
}

/** Inputs as a line of JSON, and behind it the entries of each set of files with their length in front: there may be a hundred thousand. */
export function encodeInputs({ files, ...rest }: StepInputs): Uint8Array {
  const sets = files.map(({ from, selector }) => ({ from, selector }));
  const pieces: Buffer[] = [Buffer.from(`${JSON.stringify({ ...rest, files: sets })}\n`)];
  for (const { entries } of files) {
    const encoded = [...encodeEntries(entries)];
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(encoded.reduce((sum, piece) => sum + piece.length, 0));
    pieces.push(length, ...encoded);
  }
  return Buffer.concat(pieces);
}

/** The inputs of an earlier run, for explanations; damaged ones count as absent, and what follows a damaged entry does, too. */
export function decodeInputs(bytes: Uint8Array | undefined): StepInputs | undefined {
  if (!bytes) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headEnd = buffer.indexOf("\n");
  const head = parse(buffer.subarray(0, Math.max(0, headEnd)));
  if (!isHead(head)) return undefined;
  let at = headEnd + 1;
  const files: InputFiles[] = [];
  for (const { from, selector } of head.files) {
    const start = at + LENGTH_BYTES;
    if (start > buffer.length) return undefined;
    at = start + buffer.readUInt32LE(at);
    files.push({ from, selector, entries: decodeEntries(buffer.subarray(start, at)) });
  }
  return at === buffer.length ? { ...head, files } : undefined;
}

const LENGTH_BYTES = 4;

function parse(bytes: Uint8Array | undefined): unknown {
  if (!bytes) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is CacheRecord {
  if (!isObject(value) || value.version !== 1) return false;
  const { key, layer, created, description } = value;
  return isText(key) && isDigest(key) && isLayer(layer) && isText(created) && isText(description);
}

function isLayer(value: unknown): value is LayerInfo {
  if (!isObject(value)) return false;
  const { diffId, contentDigest, tarSize, entries, fileBytes } = value;
  const digests = [diffId, contentDigest].every((digest) => isText(digest) && isDigest(digest));
  return digests && [tarSize, entries, fileBytes].every((count) => Number.isSafeInteger(count));
}

/** Inputs without the entries of their files. */
type Head = Omit<StepInputs, "files"> & { readonly files: readonly Omit<InputFiles, "entries">[] };

function isHead(value: unknown): value is Head {
  if (!isObject(value)) return false;
  const { tag, parent, fields, files } = value;
  if (!isText(tag) || !(parent === null || isText(parent)) || !isObject(fields)) return false;
  return Object.values(fields).every(isField) && isListOf(files, isFileSet);
}

function isField(value: unknown): value is Field {
  return value === null || ["string", "number", "boolean"].includes(typeof value) || isListOf(value, isText);
}

function isFileSet(value: unknown): value is Omit<InputFiles, "entries"> {
  return isObject(value) && isText(value.from) && isText(value.selector);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[];
function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[];
function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
