import { SlipwayError } from "../core/errors.ts";
import { goQuote } from "./go-quote.ts";
import { cutAtBlanks, isSpace } from "./white-space.ts";

/**
 * Cuts the argument of ARG, ENV or LABEL into words at spaces outside quotes. Quotes and escapes stay in the words, to
 * be consumed by expansion; a final escape is dropped, an open quote ends with the line (SPEC LX-31, LX-32).
 */
export function splitQuoted(text: string, escapeChar: string): string[] {
  const words: string[] = [];
  let start: number | undefined;
  let quote = "";
  const end = text.length;
  for (let at = 0; at < end; at++) {
    const char = text[at]!;
    if (quote === "" && isSpace(char)) {
      if (start !== undefined) words.push(text.slice(start, at));
      start = undefined;
      continue;
    }
    start ??= at;
    if (char === escapeChar && quote !== "'") {
      if (at + 1 === end) return endWithout(words, text.slice(start, at));
      at++;
    } else if (quote === "" && (char === "'" || char === '"')) quote = char;
    else if (char === quote) quote = "";
  }
  if (start !== undefined) words.push(text.slice(start));
  return words;
}

function endWithout(words: string[], last: string): string[] {
  return last === "" ? words : [...words, last];
}

/**
 * The argument chain of ENV and LABEL: key, value and separator for each pair. An empty separator marks the legacy form
 * `KEY rest of the line` (SPEC LX-33). Throws DOCKERFILE_SYNTAX.
 */
export function parseKeyValues(text: string, escapeChar: string, instruction: string): string[] {
  const words = splitQuoted(text, escapeChar);
  const [first] = words;
  if (first === undefined) return [];
  if (!first.includes("=")) return legacyPair(text, instruction);
  return words.flatMap((word) => {
    const equals = word.indexOf("=");
    if (equals < 0)
      throw new SlipwayError(
        "DOCKERFILE_SYNTAX",
        `Syntax error - can't find = in ${goQuote(word)}. Must be of the form: name=value`,
        { hint: `put quotes around a value with blanks: ${instruction} name="a b"` },
      );
    return [word.slice(0, equals), word.slice(equals + 1), "="];
  });
}

function legacyPair(text: string, instruction: string): string[] {
  const [key, value] = cutAtBlanks(text);
  if (value === undefined || value === "")
    throw new SlipwayError("DOCKERFILE_SYNTAX", `${instruction} must have two arguments`, {
      hint: `write ${instruction} name=value`,
    });
  return [key, value, ""];
}
