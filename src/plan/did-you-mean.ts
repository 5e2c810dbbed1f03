import { suggest } from "../core/suggest.ts";

/** With more names than this a misspelt one gets no suggestion: comparing each with all would take ages in a file full of them. */
const MOST_COMPARED = 250;

/** ` (did you mean X?)`, or nothing. */
export function didYouMean(candidate: string | undefined, prefix = ""): string {
  return candidate === undefined ? "" : ` (did you mean ${prefix}${candidate}?)`;
}

/** The variable that a name without a value may have meant. */
export function nearestVariable(
  name: string,
  known: { readonly size: number; keys(): Iterable<string> },
): string | undefined {
  return known.size > MOST_COMPARED ? undefined : suggest(name, known.keys());
}
