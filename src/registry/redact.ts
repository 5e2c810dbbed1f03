import { printableName } from "../core/file-name.ts";
import { parseUrl } from "../core/parse-url.ts";

const LONGEST = 1024;

/** Text of a server as it can be printed: one line, control characters escaped, URLs redacted, at most 1024 characters. */
export function printable(text: string): string {
  const flat = text.trim().replace(/\s*[\r\n]+\s*/g, " ");
  const cut = flat.length > LONGEST ? `${flat.slice(0, LONGEST)}…` : flat;
  return printableName(cut).replace(/\bhttps?:\/\/[^\s"'<>]*[?@][^\s"'<>]*/g, redactText);
}

function redactText(text: string): string {
  const url = parseUrl(text);
  if (!url) return "(URL left out)";
  return url.username || url.password || url.search ? `${url.origin}${url.pathname}` : text;
}
