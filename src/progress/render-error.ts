import { placesOf, type SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import { LogLines } from "./log-lines.ts";
import { safeLine, safeName } from "./safe-text.ts";
import { RULE, sourceLines, splitLines } from "./source-lines.ts";

/** Texts of source files by name, as a `SourceRange` names them. */
export type Sources = ReadonlyMap<string, string>;

/** Lines in error shown: a heredoc may have thousands. */
const LONGEST_RANGE = 12;
/** Lines of output shown; the printer has shown the rest. */
const OUTPUT_LINES = 10;

/** One of several mistakes of a file, as an error carries them in `facts.problems`. */
interface Problem {
  readonly source: SourceRange;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/**
 * An error for people: the place in the Dockerfile with `>>>` before each line in error (SPEC PO-07), and where an error has
 * several (`facts.locations`, source ranges) each of them, or each with its own message (`facts.problems`); the last lines of output where the error carries them (`facts.output`,
 * text), what happened, its causes, its code and the remedy. `task` says what failed, where that is not plain.
 * Ends with a line feed; control characters in any part are made harmless.
 */
export function renderError(error: SlipwayError, sources: Sources, task = ""): string {
  if (Array.isArray(error.facts.problems)) return renderProblems(error, sources, task);
  const lines = [
    ...placesOf(error).flatMap((place) => sourceLines(place, linesOf(place, error, sources), LONGEST_RANGE)),
    ...outputLines(error.facts.output),
    ...messageLines(error, task),
  ];
  return `${lines.join("\n")}\n`;
}

/** Every mistake below its own lines; the message repeats them for those who see nothing else of the error. */
function renderProblems(error: SlipwayError, sources: Sources, task: string): string {
  const problems = error.facts.problems as readonly Problem[];
  const [first = ""] = error.message.split("\n");
  const lines = problems.flatMap(({ source, column, message, hint }) => [
    ...sourceLines(source, linesOf(source, error, sources), LONGEST_RANGE),
    `  column ${column}: ${safeName(message)}`,
    ...(hint ? [`  hint: ${safeName(hint)}`] : []),
    "",
  ]);
  const told = [`ERROR: ${task}${safeName(first)} (${error.code})`];
  return `${[...lines, ...told, ...(error.hint ? [`  hint: ${safeName(error.hint)}`] : [])].join("\n")}\n`;
}

function linesOf(
  { file }: SourceRange,
  { source, facts }: SlipwayError,
  sources: Sources,
): readonly string[] | undefined {
  // An error about a file that no build tells of brings the text along.
  const own = source?.file === file && typeof facts.sourceText === "string" ? facts.sourceText : undefined;
  const text = sources.get(file) ?? own;
  return text === undefined ? undefined : splitLines(text);
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

function messageLines(error: SlipwayError, task: string): string[] {
  const [first, ...more] = error.message.trimEnd().split(/\r?\n/).map(safeName);
  const told = [`ERROR: ${task}${first}`, ...more.map((line) => `  ${line}`)];
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
