/** Puts `text` in the place of the characters from `start` up to `end`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with all edits made, which must not overlap; what they do not touch stays byte for byte. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let out = "";
  let at = 0;
  for (const { start, end, text: inserted } of [...edits].sort((a, b) => a.start - b.start)) {
    out += text.slice(at, start) + inserted;
    at = end;
  }
  return out + text.slice(at);
}
