import { isSpace, trimSpace, trimStart } from "./white-space.ts";

/**
 * Takes the `--flag` words from the start of an instruction's remainder (SPEC LX-25). Inside them quotes group and
 * vanish, and the escape makes the next character literal. A word that is exactly `--` ends the flags and vanishes.
 */
export function takeFlagWords(
  text: string,
  escapeChar: string,
): { readonly flags: readonly string[]; readonly rest: string } {
  const flags: string[] = [];
  let rest = trimStart(text);
  while (rest.startsWith("--")) {
    const end = wordEnd(rest, escapeChar);
    const word = unquote(rest.slice(0, end), escapeChar);
    rest = trimStart(rest.slice(end));
    if (word === "--") break;
    flags.push(word);
  }
  return { flags, rest: trimSpace(rest) };
}

/** Index of the first space outside quotes. */
function wordEnd(text: string, escapeChar: string): number {
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === escapeChar) at++;
    else if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (isSpace(char)) return at;
  }
  return text.length;
}

function unquote(word: string, escapeChar: string): string {
  let out = "";
  let quote = "";
  for (let at = 0; at < word.length; at++) {
    const char = word[at]!;
    if (char === escapeChar) out += word[++at] ?? "";
    else if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) quote = char;
    else out += char;
  }
  return out;
}
