import { printableName } from "../core/file-name.ts";

const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * A text as one word of a POSIX shell, as plain as it can be. Undefined of a text with control characters or bytes that are not UTF-8: quotes
 * would keep them (XCU 2.2.2), but nobody could copy what is shown of them.
 */
export function shellWord(text: string): string | undefined {
  if (PLAIN.test(text)) return text;
  if (text !== printableName(text)) return undefined;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
