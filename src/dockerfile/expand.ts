import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { goQuote } from "./go-quote.ts";
import { type LexerOptions, SingleWord, SplitWords, type VariableLookup, WordLexer } from "./word-lexer.ts";

export type { LexerOptions as ExpandOptions, VariableLookup } from "./word-lexer.ts";

/** A heredoc body may be megabytes; an error shows this many characters of it. */
const LONGEST_SHOWN = 1000;

/** An expanded text. `unset` names every variable that it used and that has no value, in order of first use, whatever its modifier. */
export interface Expanded {
  readonly value: string;
  readonly unset: readonly string[];
}
export interface ExpandedWords {
  readonly words: readonly string[];
  readonly unset: readonly string[];
}

/**
 * Expands variables and removes quotes and escapes; the result is one string (SPEC EX-01 to EX-09). Throws
 * EXPANSION_FAILED, ``failed to process "<text>": …``, without a source range: the caller knows the place.
 */
export function expandWord(text: string, lookup: VariableLookup, options: LexerOptions = {}): Expanded {
  const sink = new SingleWord();
  const unset = run(text, lookup, options, sink);
  return { value: sink.text, unset };
}

/** The same, with the result split at spaces that were neither quoted nor escaped (SPEC EX-10). */
export function expandWords(text: string, lookup: VariableLookup, options: LexerOptions = {}): ExpandedWords {
  const sink = new SplitWords();
  const unset = run(text, lookup, options, sink);
  return { words: sink.finish(), unset };
}

/** Expands a heredoc body: quotes are ordinary characters and the escape is always a backslash (SPEC EX-16, LX-23). */
export function expandHeredocBody(
  body: string,
  lookup: VariableLookup,
  { budget }: Pick<LexerOptions, "budget"> = {},
): Expanded {
  return expandWord(body, lookup, { quotes: "ordinary", ...(budget ? { budget } : {}) });
}

function run(
  text: string,
  lookup: VariableLookup,
  options: LexerOptions,
  sink: SingleWord | SplitWords,
): readonly string[] {
  const lexer = new WordLexer(text, lookup, options);
  try {
    lexer.scan(sink);
    lexer.budget.characters(sink.length);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
    throw new SlipwayError("EXPANSION_FAILED", `failed to process ${goQuote(shown)}: ${error.message}`, {
      facts: { unset: [...lexer.unset] },
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  return [...lexer.unset];
}

/** Does an expansion; where it fails, `report` hears first of the variables without a value that were met until then. */
export function reportingUnset<T>(expand: () => T, report: (unset: readonly string[]) => void): T {
  try {
    return expand();
  } catch (error) {
    if (isSlipwayError(error, "EXPANSION_FAILED")) report((error.facts.unset ?? []) as readonly string[]);
    throw error;
  }
}
