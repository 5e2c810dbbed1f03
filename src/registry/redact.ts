import { printableName } from "../core/file-name.ts";

const LONGEST = 1024;

/**
 * A URL that can be shown: no user name or password, and only the names of its query parameters, because storage services
 * put signatures there and registries put upload states there.
 */
export function redactUrl(url: URL): string {
  const shown = new URL(url.href);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  const names = [...new Set(shown.searchParams.keys())];
  shown.search = "";
  const text = names.length === 0 ? shown.href : `${shown.href}?${names.map((n) => `${n}=…`).join("&")}`;
  return printableName(text.slice(0, LONGEST));
}

/** Text of a server as it can be printed: one line, control characters escaped, URLs redacted, at most 1024 characters. */
export function printable(text: string): string {
  const flat = text.trim().replace(/\s*[\r\n]+\s*/g, " ");
  const cut = flat.length > LONGEST ? `${flat.slice(0, LONGEST)}…` : flat;
  return printableName(cut).replace(/\bhttps?:\/\/[^\s"'<>]*[?@][^\s"'<>]*/g, redactText);
}

function redactText(text: string): string {
  if (!URL.canParse(text)) return "(URL left out)";
  const url = new URL(text);
  return url.username || url.password || url.search ? `${url.origin}${url.pathname}` : text;
}
