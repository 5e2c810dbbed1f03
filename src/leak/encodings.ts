import { jsonTexts } from "./json-texts.ts";
import { looksRandom, SHORTEST_SECRET, trimmed } from "./known-secret.ts";
import type { Pattern } from "./pattern.ts";

/** Bytes that give a secret away, and how they are written. */
export interface SecretForm extends Pattern {
  readonly encoding: "raw" | "base64" | "URL-encoded" | "JSON-escaped";
}

/** A long value is searched in pieces of this length: no chunk need be longer. */
const PIECE_BYTES = 192;
/** So many pieces of one value, evenly spread. */
const MOST_PIECES = 16;
const MOST_WORDS = 64;

/** Every form in which a value is searched: its pieces, and the random-looking words of a value of several lines. */
export function formsOf(value: Uint8Array): readonly SecretForm[] {
  const whole = trimmed(value);
  const values = [...piecesOf(whole), ...wordsOf(whole)];
  const forms = new Map<string, SecretForm>();
  for (const piece of values)
    for (const form of encodings(piece)) {
      const key = form.bytes.toString("latin1");
      if (!forms.has(key)) forms.set(key, form);
    }
  return [...forms.values()];
}

function piecesOf(value: Buffer): readonly Buffer[] {
  const all = cut(value.length, PIECE_BYTES).map(([start, end]) => value.subarray(start, end));
  if (all.length <= MOST_PIECES) return all;
  return Array.from({ length: MOST_PIECES }, (_, i) => all[Math.floor((i * all.length) / MOST_PIECES)]!);
}

/** Places of pieces that do not overlap; the last one has what is left besides. */
function cut(length: number, piece: number): readonly (readonly [start: number, end: number])[] {
  const count = Math.max(1, Math.floor(length / piece));
  return Array.from({ length: count }, (_, i) => [i * piece, i === count - 1 ? length : (i + 1) * piece]);
}

/**
 * Tokens within a file of several lines (`.npmrc`, `.netrc`, a key in PEM). The line after a BEGIN is the same in many keys, and what is
 * between BEGIN CERTIFICATE and END is public.
 */
function wordsOf(value: Buffer): readonly Buffer[] {
  if (!value.includes("\n")) return [];
  const text = value
    .toString("latin1")
    .replace(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g, "")
    .replace(/-----BEGIN [A-Z ]+-----\r?\n[^\n]*\n/g, "");
  const words = new Set(text.split(/[\s"'`:,;@=()[\]{}<>]+/).filter(looksRandom));
  return [...words].slice(0, MOST_WORDS).map((word) => Buffer.from(word, "latin1").subarray(0, PIECE_BYTES));
}

function encodings(value: Buffer): readonly SecretForm[] {
  const asIs: SecretForm = { bytes: value, wrapped: false, encoding: "raw" };
  return [asIs, ...urlForms(value), ...jsonForms(value), ...base64Forms(value)];
}

function jsonForms(value: Buffer): readonly SecretForm[] {
  return jsonTexts(value).map((bytes) => ({ bytes, wrapped: false, encoding: "JSON-escaped" }));
}

/** As `encodeURIComponent` and Python's `quote` write it, with `+` for a space as forms do, in capitals and small letters. */
function urlForms(value: Buffer): readonly SecretForm[] {
  const forms = [/[A-Za-z0-9\-_.~]/, /[A-Za-z0-9\-_.~!'()*]/, /[A-Za-z0-9\-_.~/]/].map((plain) =>
    percentEncoded(value, plain),
  );
  const all = forms.flatMap((text) => [text, text.replaceAll("%20", "+")]);
  const lower = all.map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  const texts = new Set([...all, ...lower]);
  texts.delete(value.toString("latin1"));
  return [...texts].map((text) => ({
    bytes: Buffer.from(text, "latin1"),
    wrapped: false,
    encoding: "URL-encoded",
  }));
}

function percentEncoded(value: Buffer, plain: RegExp): string {
  let out = "";
  for (const byte of value) {
    const char = String.fromCharCode(byte);
    out += plain.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

/** Where the value begins at any place of a larger text: the characters that depend on nothing but it, in both alphabets. */
function base64Forms(value: Buffer): readonly SecretForm[] {
  const forms: SecretForm[] = [];
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), value])
      .toString("base64")
      .replace(/=+$/, "");
    const first = before === 0 ? 0 : before + 1;
    // The last character holds bits of what follows, unless it is full.
    const end = (before + value.length) % 3 === 0 ? text.length : text.length - 1;
    const known = text.slice(first, end);
    for (const written of new Set([known, known.replaceAll("+", "-").replaceAll("/", "_")]))
      forms.push({ bytes: Buffer.from(written, "latin1"), wrapped: true, encoding: "base64" });
  }
  return forms.filter(({ bytes }) => bytes.length >= SHORTEST_SECRET);
}
