import type { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import { LogLines } from "./log-lines.ts";
import { safeLine, safeName } from "./safe-text.ts";

/** Lines of the file shown before and after the ones in error. */
const CONTEXT_LINES = 2;
/** Lines of output shown; the printer has shown the rest. */
const OUTPUT_LINES = 10;
/** Characters of a line of the file. */
const LONGEST_LINE = 200;
const RULE = "-".repeat(20);

/** Texts of source files by name, as a `SourceRange` names them. */
export type Sources = ReadonlyMap<string, string>;

/**
 * An error for people: the place in the Dockerfile with `>>>` before each line in error (SPEC PO-07), and where an error has
 * several (`facts.locations`, source ranges) each of them; the last lines of output where the error carries them (`facts.output`, text), what happened, its causes, its code and the remedy.
 * Ends with a line feed; control characters in any part are made harmless.
 */
export function renderError(error: SlipwayError, sources: Sources): string {
  const lines = [
    ...placesOf(error).flatMap((place) => sourceLines(place, sources.get(place.file))),
    ...outputLines(error.facts.output),
    ...messageLines(error),
  ];
  return `${lines.join("\n")}\n`;
}

function placesOf({ source, facts }: SlipwayError): readonly SourceRange[] {
  if (Array.isArray(facts.locations) && facts.locations.length > 0) return facts.locations as SourceRange[];
  return source ? [source] : [];
}

function sourceLines(range: SourceRange, text: string | undefined): string[] {
  const place = `${safeName(range.file)}:${range.start}`;
  if (text === undefined) return [place];
  const all = text.split(/\r?\n/);
  if (all.at(-1) === "") all.pop();
  const first = Math.max(1, range.start - CONTEXT_LINES);
  const last = Math.min(all.length, range.end + CONTEXT_LINES);
  const lines: string[] = [];
  for (let number = first; number <= last; number++) {
    const mark = number >= range.start && number <= range.end ? ">>>" : "   ";
    lines.push(`${String(number).padStart(4)} | ${mark} ${sourceLine(all[number - 1]!)}`.trimEnd());
  }
  return [place, RULE, ...lines, RULE];
}

/** As it is written: escape sequences are shown, not heeded, and a line of a megabyte does not hide the message. */
function sourceLine(text: string): string {
  const shown = [...text.slice(0, 2 * LONGEST_LINE)];
  const isLong = shown.length > LONGEST_LINE || text.length > 2 * LONGEST_LINE;
  const kept = isLong ? `${shown.slice(0, LONGEST_LINE).join("")}…` : text;
  return safeLine(kept.replaceAll("\u001b", "\\x1b"));
}

function outputLines(output: unknown): string[] {
  if (typeof output !== "string") return [];
  const lines = splitLog(output).slice(-OUTPUT_LINES);
  if (lines.length === 0) return [];
  return ["last lines of output:", ...lines.map((line) => `  ${safeLine(line)}`.trimEnd()), RULE];
}

function splitLog(text: string): string[] {
  const splitter = new LogLines();
  return [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()];
}

function messageLines(error: SlipwayError): string[] {
  const [first, ...more] = error.message.trimEnd().split(/\r?\n/).map(safeName);
  const told = [`ERROR: ${first}`, ...more.map((line) => `  ${line}`)];
  return [
    ...told.slice(0, -1),
    `${told.at(-1)} (${error.code})`,
    ...causes(error).map((cause) => `  because: ${cause}`),
    ...(error.hint ? [`  hint: ${safeName(error.hint)}`] : []),
  ];
}

/** Messages of the causes that the message above them does not tell already, outermost first. */
function causes(error: Error): string[] {
  const found: string[] = [];
  let told = error.message;
  for (
    let cause = error.cause, depth = 0;
    cause instanceof Error && depth < 5;
    cause = cause.cause, depth++
  ) {
    if (cause.message === "" || told.includes(cause.message)) continue;
    found.push(safeName(cause.message));
    told = cause.message;
  }
  return found;
}
