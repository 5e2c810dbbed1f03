import type { SecretForm } from "../../src/leak/encodings.ts";

/** A place where a form is. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

const BETWEEN_BREAKS = 16;

/** Every place of a form, found by trying all of them. */
export function placesOf({ bytes, wrapped }: SecretForm, text: Buffer): readonly Place[] {
  const places: Place[] = [];
  for (let start = text.indexOf(bytes[0]!); start >= 0; start = text.indexOf(bytes[0]!, start + 1)) {
    const end = endAt(bytes, wrapped, text, start);
    if (end !== undefined) places.push({ start, end });
  }
  return places;
}

function endAt(known: Buffer, wrapped: boolean, text: Buffer, start: number): number | undefined {
  let at = start;
  let sinceBreak = BETWEEN_BREAKS;
  for (const [i, byte] of known.entries()) {
    const lineBreak = /^\r?\n/.exec(text.toString("latin1", at, at + 2));
    if (wrapped && i > 0 && lineBreak && sinceBreak >= BETWEEN_BREAKS) {
      at += lineBreak[0].length;
      sinceBreak = 0;
    }
    if (text[at] !== byte) return undefined;
    at++;
    sinceBreak++;
  }
  return at;
}
