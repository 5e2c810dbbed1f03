import { type Digest, isDigest } from "../core/digest.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import { type Field, type InputFiles, type StepInputs, TEXT_PIECE } from "./inputs.ts";

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

export function encodeInputs(inputs: StepInputs): Uint8Array {
  return Buffer.concat([...jsonPieces(inputs)].map((piece) => Buffer.from(piece)));
}

/** As `JSON.stringify` has it, but for the whole in one string: megabytes of it. */
function* jsonPieces({ files, ...rest }: StepInputs): Generator<string> {
  let text = `${JSON.stringify(rest).slice(0, -1)},"files":[`;
  let before = "";
  for (const { from, selector, entries } of files) {
    text += `${before}${JSON.stringify({ from, selector }).slice(0, -1)},"entries":[`;
    before = "";
    for (const entry of entries) {
      text += before + JSON.stringify(entry);
      before = ",";
      if (text.length < TEXT_PIECE) continue;
      yield text;
      text = "";
    }
    text += "]}";
    before = ",";
  }
  yield `${text}]}`;
}

/** The inputs of an earlier run, for explanations; damaged ones count as absent. */
export function decodeInputs(bytes: Uint8Array | undefined): StepInputs | undefined {
  const value = parse(bytes);
  return isInputs(value) ? value : undefined;
}

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

function isInputs(value: unknown): value is StepInputs {
  if (!isObject(value)) return false;
  const { tag, parent, fields, files } = value;
  if (!isText(tag) || !(parent === null || isText(parent)) || !isObject(fields)) return false;
  return Object.values(fields).every(isField) && isListOf(files, isInputFiles);
}

function isField(value: unknown): value is Field {
  return value === null || ["string", "number", "boolean"].includes(typeof value) || isListOf(value, isText);
}

function isInputFiles(value: unknown): value is InputFiles {
  if (!isObject(value) || !isText(value.from) || !isText(value.selector)) return false;
  return isListOf(value.entries, (entry) => isListOf(entry, isText) && entry.length === 2);
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
