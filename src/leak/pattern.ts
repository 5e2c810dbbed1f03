/** Bytes that are looked for. */
export interface Pattern {
  readonly bytes: Buffer;
  /** The text may have line breaks in it, as `base64` and PEM write them: `\n` or `\r\n`, at least `SHORTEST_LINE` bytes apart. */
  readonly wrapped: boolean;
}

/** Lines within a wrapped text are no shorter; its first and its last one may be. */
export const SHORTEST_LINE = 16;

/** What lines end with. */
export const LF = 0x0a;
export const CR = 0x0d;

/** What is known of a pattern at a place: where it ends, that it is not there, or that the bytes end before it does. */
export type PatternEnd = number | "absent" | "open";

/** The most bytes that a pattern takes up. */
export function longestOf({ bytes, wrapped }: Pattern): number {
  return wrapped ? bytes.length + 2 * (1 + Math.floor(bytes.length / SHORTEST_LINE)) : bytes.length;
}

export function endOfPattern(pattern: Pattern, bytes: Uint8Array, start: number): PatternEnd {
  const known = pattern.bytes;
  const end = start + known.length;
  if (end <= bytes.length && known.compare(bytes, start, end) === 0) return end;
  if (pattern.wrapped) return endOfWrapped(known, bytes, start);
  if (end <= bytes.length) return "absent";
  return known.compare(bytes, start, bytes.length, 0, bytes.length - start) === 0 ? "open" : "absent";
}

function endOfWrapped(known: Buffer, bytes: Uint8Array, start: number): PatternEnd {
  let at = start;
  let lineStart = -SHORTEST_LINE;
  for (let i = 0; i < known.length; i++) {
    if (i > 0 && i - lineStart >= SHORTEST_LINE) {
      const next = afterBreak(bytes, at);
      if (next > at) lineStart = i;
      at = next;
    }
    if (at >= bytes.length) return "open";
    if (bytes[at] !== known[i]) return "absent";
    at++;
  }
  return at;
}

/** `at`, where no line break is there. The half of one at the end of the bytes counts as one: what follows is not known. */
function afterBreak(bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) return at + 1;
  if (bytes[at] !== CR) return at;
  if (at + 1 >= bytes.length) return at + 1;
  return bytes[at + 1] === LF ? at + 2 : at;
}

/** The first `length` bytes of a pattern as they may be written: with a line break at any place, too. */
export function headsOf({ bytes, wrapped }: Pattern, length: number): readonly Buffer[] {
  const head = bytes.subarray(0, length);
  if (!wrapped) return [head];
  const places = Array.from({ length: length - 1 }, (_, i) => i + 1);
  const broken = places.flatMap((at) =>
    LINE_BREAKS.map((text) =>
      Buffer.concat([head.subarray(0, at), text, head.subarray(at)]).subarray(0, length),
    ),
  );
  return [head, ...broken];
}

const LINE_BREAKS: readonly Buffer[] = [Buffer.from("\n"), Buffer.from("\r\n")];
