import type { SourceRange } from "../core/source-range.ts";
import { safeLine, safeName } from "./safe-text.ts";

/** Lines of the file shown before and after the ones that are meant. */
const CONTEXT_LINES = 2;
/** Characters of a line of the file. */
const LONGEST_LINE = 200;
export const RULE = "-".repeat(20);

/** The lines of a file as people count them. */
export function splitLines(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/**
 * A place in a file with the lines around it, `>>>` before each that is meant (SPEC PO-07); the place alone where the file is not
 * known, or empty. Of those that are meant, no more than the first `most` and the last are shown.
 */
export function sourceLines(
  range: SourceRange,
  all: readonly string[] | undefined,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const place = `${safeName(range.file)}:${range.start}`;
  if (all === undefined) return [place];
  const first = Math.max(1, range.start - CONTEXT_LINES);
  const last = Math.min(all.length, range.end + CONTEXT_LINES);
  const lines: string[] = [];
  for (let number = first; number <= last; number++) {
    if (number === range.start + most && range.end > number) {
      lines.push(`     | >>> … ${range.end - number} lines more`);
      number = range.end;
    }
    const mark = number >= range.start && number <= range.end ? ">>>" : "   ";
    lines.push(`${String(number).padStart(4)} | ${mark} ${sourceLine(all[number - 1] ?? "")}`.trimEnd());
  }
  return lines.length === 0 ? [place] : [place, RULE, ...lines, RULE];
}

/** As it is written: escape sequences are shown, not heeded, and a line of a megabyte does not hide the message. */
function sourceLine(text: string): string {
  const shown = [...text.slice(0, 2 * LONGEST_LINE)];
  const isLong = shown.length > LONGEST_LINE || text.length > 2 * LONGEST_LINE;
  const kept = isLong ? `${shown.slice(0, LONGEST_LINE).join("")}…` : text;
  return safeLine(kept.replaceAll("\u001b", "\\x1b"));
}
