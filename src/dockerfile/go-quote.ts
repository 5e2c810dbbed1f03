const NAMED: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/**
 * A text in double quotes with the escapes of Go's `%q`, the form in which Dockerfile errors and AST dumps show text
 * (SPEC LX-28, EX-02). Bytes that are not UTF-8 appear as `\xNN`.
 */
export function goQuote(text: string): string {
  let out = '"';
  for (const char of text) out += NAMED[char] ?? (PRINTABLE.test(char) ? char : escapeCode(char));
  return `${out}"`;
}

function escapeCode(char: string): string {
  const code = char.codePointAt(0)!;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}
