import { SlipwayError } from "../../core/errors.ts";

/** Text that stands for itself, or what is between `{{` and `}}`. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly source: string; readonly tokens: readonly Token[] };

export type Token =
  | { readonly kind: "word"; readonly text: string }
  /** `isGlued`: no space is in front of it. */
  | { readonly kind: "path"; readonly names: readonly string[]; readonly isGlued: boolean }
  | { readonly kind: "variable"; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: "literal"; readonly value: string | number }
  | { readonly kind: "sign"; readonly text: "(" | ")" | "|" | "," | ":=" };

/** What was written is no template. Throws `USAGE`. */
export function refuse(message: string): never {
  throw new SlipwayError("USAGE", `the template cannot be used: ${message}`, {
    hint: "templates are those of Go as Docker has them: {{.Path.To.Member}}, {{json .Path}}, {{range .List}}{{.}}{{end}}",
  });
}

/** Splits a template. `{{-` and `-}}` take the white space beside them away, and comments stand for nothing (Go, package text/template). */
export function splitTemplate(template: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let trim = false;
  for (let at = 0; at < template.length; ) {
    const open = template.indexOf("{{", at);
    const end = open < 0 ? template.length : open;
    const trimsBefore = open >= 0 && /^-\s/.test(template.slice(open + 2, open + 4));
    let text = template.slice(at, end);
    if (trim) text = text.trimStart();
    if (trimsBefore) text = text.trimEnd();
    if (text !== "") pieces.push({ kind: "text", text });
    if (open < 0) break;
    const close = endOfAction(template, open + 2);
    let inner = template.slice(open + (trimsBefore ? 3 : 2), close);
    trim = /\s-$/.test(inner);
    if (trim) inner = inner.slice(0, -1);
    const source = inner.trim();
    if (!(source.startsWith("/*") && source.endsWith("*/")))
      pieces.push({ kind: "action", source, tokens: tokensOf(source) });
    at = close + 2;
  }
  return pieces;
}

/** Position of the `}}` that ends an action: one inside quotes is text. */
function endOfAction(template: string, from: number): number {
  let quote = "";
  for (let at = from; at < template.length; at++) {
    const char = template[at]!;
    if (quote !== "") {
      if (char === "\\" && quote === '"') at++;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "`") quote = char;
    else if (char === "}" && template[at + 1] === "}") return at;
  }
  return refuse("an action that begins with {{ does not end");
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|`([^`]*)`|(:=|[(),|])|(\$\w*)((?:\.\w+)*)|((?:\.\w+)+|\.)|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*))/y;

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; source.slice(at).trim() !== ""; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match) return refuse(`{{${source}}} has ${JSON.stringify(source.slice(at).trim())} in it`);
    tokens.push(tokenOf(match, source));
  }
  return tokens;
}

function tokenOf(match: RegExpExecArray, source: string): Token {
  const [, quoted, raw, sign, variable, members, path, number, word] = match;
  if (quoted !== undefined) return { kind: "literal", value: unquote(quoted, source) };
  if (raw !== undefined) return { kind: "literal", value: raw };
  if (sign !== undefined) return { kind: "sign", text: sign as ":=" };
  if (variable !== undefined) return { kind: "variable", name: variable, names: namesOf(members ?? "") };
  if (path !== undefined) return { kind: "path", names: namesOf(path), isGlued: !/^\s/.test(match[0]) };
  if (number !== undefined) return { kind: "literal", value: Number(number) };
  return { kind: "word", text: word! };
}

function namesOf(path: string): readonly string[] {
  return path.split(".").filter(Boolean);
}

function unquote(quoted: string, source: string): string {
  try {
    return JSON.parse(quoted.replaceAll("\n", "\\n").replaceAll("\t", "\\t")) as string;
  } catch {
    return refuse(`{{${source}}} has the text ${quoted}, which no text in quotes can be`);
  }
}
