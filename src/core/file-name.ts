/**
 * File names are bytes on Linux and strings here. Bytes that are not UTF-8 become lone surrogates U+DC80 to U+DCFF
 * (as Python's "surrogateescape" does), so that every name survives the way in and out unchanged.
 */
import { Buffer, isUtf8 } from "node:buffer";

/** The string form of a name's bytes. */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  // What is no UTF-8 becomes this character, which hardly any name has.
  if (!text.includes("\ufffd") || isUtf8(buffer)) return text;
  let out = "";
  for (let i = 0; i < buffer.length; ) {
    const length = sequenceLength(buffer, i);
    if (length > 0) {
      out += buffer.toString("utf8", i, i + length);
      i += length;
    } else {
      out += String.fromCharCode(0xdc00 + buffer[i]!);
      i += 1;
    }
  }
  return out;
}

/** The bytes of a name made by `decodeName` or of any ordinary string. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, "utf8");
  const parts: Buffer[] = [];
  for (const char of name) {
    const code = char.charCodeAt(0);
    const escaped = char.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    parts.push(escaped ? Buffer.from([code - 0xdc00]) : Buffer.from(char, "utf8"));
  }
  return Buffer.concat(parts);
}

/** What to hand to `node:fs`: the string itself, or bytes where the name is not UTF-8. */
export function fsPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : encodeName(path);
}

/** A name that is safe to print: control characters and undecodable bytes escaped. */
export function printableName(name: string): string {
  return name.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|(?<![\ud800-\udbff])[\udc80-\udcff]/g,
    (c) => {
      const code = c.charCodeAt(0);
      return code >= 0xdc80 && code <= 0xdcff
        ? `\\x${(code - 0xdc00).toString(16)}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
}

/** Orders paths as a lexical walk visits them: component by component, in byte order, a directory before what it holds (SPEC LT-02). */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** '/' sorts below everything; UTF-16 surrogates above U+E000–U+FFFF, as their UTF-8 bytes do. Undecodable bytes compare as bytes ≥ 0x80 do among themselves. */
function rank(code: number): number {
  if (code === 0x2f) return 0;
  if (code >= 0xd800 && code <= 0xdfff) return code + 0x2001;
  return code >= 0xe000 ? code - 0x7ff : code + 1;
}

function sequenceLength(b: Buffer, i: number): number {
  const first = b[i]!;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0;
  return length > 0 && i + length <= b.length && isUtf8(b.subarray(i, i + length)) ? length : 0;
}
