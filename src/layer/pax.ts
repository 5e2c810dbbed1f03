import { decodeName, encodeName } from "../core/file-name.ts";
import { invalidTar } from "./tar-header.ts";

/** One record of an extended header. Keys may come more than once (GNU sparse format 0.0). */
export type PaxRecord = readonly [key: string, value: Buffer];

/** Splits an extended header into its records, `<length> <key>=<value>\n` (POSIX.1-2017 pax). Throws `LAYER_INVALID`. */
export function parsePax(data: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < data.length && data[at] !== 0) {
    const space = data.indexOf(0x20, at);
    const digits = space < 0 ? "" : data.toString("latin1", at, space);
    const end = at + Number(digits);
    if (!/^[1-9][0-9]{0,9}$/.test(digits) || end > data.length || end <= space || data[end - 1] !== 0x0a)
      throw invalidTar("an extended header has a record of a wrong length");
    const equals = data.indexOf(0x3d, space);
    if (equals <= space + 1 || equals >= end)
      throw invalidTar("an extended header has a record without a key");
    records.push([data.toString("utf8", space + 1, equals), data.subarray(equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

/** The bytes of an extended header with these records, sorted by key. */
export function formatPax(records: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts = [...records]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => formatRecord(encodeName(key), value));
  return Buffer.concat(parts);
}

/** The length counts its own digits. */
function formatRecord(key: Buffer, value: Uint8Array): Buffer {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} `), key, Buffer.from("="), value, Buffer.from("\n")]);
}

/** A whole number of a record. Throws `LAYER_INVALID`. */
export function paxInteger(value: Buffer): number {
  const text = value.toString("latin1");
  const parsed = Number(text);
  if (!/^-?[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(parsed))
    throw invalidTar("an extended header has a number that is none");
  return parsed;
}

/** A time of a record, such as `-1.5` (one and a half seconds before the epoch). Throws `LAYER_INVALID`. */
export function paxTime(value: Buffer): { readonly seconds: number; readonly nanoseconds: number } {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(value.toString("latin1"));
  if (!match) throw invalidTar("an extended header has a time that is none");
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] === "") return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: seconds === 0 ? 0 : -seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

/** A path of a record. NUL bytes are refused. */
export function paxPath(value: Buffer): string {
  if (value.includes(0)) throw invalidTar("an extended header has a path with a NUL byte");
  return decodeName(value);
}
