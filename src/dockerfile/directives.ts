import { SlipwayError } from "../core/errors.ts";
import { decodeSource } from "./line-reader.ts";
import { trimEndOf, trimStart } from "./white-space.ts";

/** Parser directives: comments at the top of the file that steer how it is read (SPEC 1.2). */
export type DirectiveName = "syntax" | "escape" | "check";
export type Directives = Readonly<Partial<Record<DirectiveName, string>>>;
export type EscapeCharacter = "\\" | "`";

const NAMES: ReadonlySet<string> = new Set(["syntax", "escape", "check"]);
const BLANKS = " \t\r\n\f";

/** Reads `<prefix> name = value` (SPEC LX-11); undefined where the line is not a directive that is known. */
export function readDirective(
  line: string,
  prefix = "#",
): { readonly name: DirectiveName; readonly value: string } | undefined {
  if (!line.startsWith(prefix)) return undefined;
  const body = skipBlanks(line.slice(prefix.length));
  const written = /^[A-Za-z][A-Za-z0-9]*/.exec(body)?.[0];
  const name = written?.toLowerCase();
  if (written === undefined || name === undefined || !NAMES.has(name)) return undefined;
  const rest = skipBlanks(body.slice(written.length));
  if (!rest.startsWith("=")) return undefined;
  const value = trimEndOf(skipBlanks(rest.slice(1)), BLANKS);
  return value === "" ? undefined : { name: name as DirectiveName, value };
}

function skipBlanks(text: string): string {
  let at = 0;
  while (at < text.length && BLANKS.includes(text[at]!)) at++;
  return text.slice(at);
}

/** The zone at the top of a file in which directives count. It ends for good at the first line that is none (SPEC LX-12). */
export class DirectiveZone {
  readonly #prefix: string;
  readonly #values: Partial<Record<DirectiveName, string>> = {};
  #open: boolean;

  constructor(options: { readonly prefix?: string; readonly open?: boolean } = {}) {
    this.#prefix = options.prefix ?? "#";
    this.#open = options.open ?? true;
  }

  get open(): boolean {
    return this.#open;
  }

  get values(): Directives {
    return { ...this.#values };
  }

  /** The escape character in force (SPEC LX-14 lets nothing else through). */
  get escape(): EscapeCharacter {
    return this.#values.escape === "`" ? "`" : "\\";
  }

  /** Takes one physical line; the name of its directive, or undefined once the zone has ended. Throws DOCKERFILE_SYNTAX. */
  take(line: string): DirectiveName | undefined {
    const directive = this.#open ? readDirective(line, this.#prefix) : undefined;
    if (!directive) {
      this.#open = false;
      return undefined;
    }
    const { name, value } = directive;
    if (this.#values[name] !== undefined)
      throw new SlipwayError("DOCKERFILE_SYNTAX", `only one ${name} parser directive can be used`, {
        hint: "leave one of the two lines out",
      });
    if (name === "escape" && value !== "\\" && value !== "`")
      throw new SlipwayError("DOCKERFILE_SYNTAX", `invalid escape token '${value}' does not match \` or \\`, {
        hint: "write `# escape=\\` or ``# escape=` ``",
      });
    this.#values[name] = value;
    return name;
  }
}

/** A directive found before any parsing; `line` counts from 1. */
export interface ScannedDirective {
  readonly value: string;
  readonly line: number;
}
export interface ScannedDirectives {
  /** `reference` is the frontend image, `value` the whole line handed to it (SPEC LX-18). */
  readonly syntax?: ScannedDirective & { readonly reference: string };
  /** Only the first word of the line counts (SPEC LX-18). */
  readonly check?: ScannedDirective;
}

/**
 * Finds `syntax` and `check` in raw text, ahead of and apart from the parser (SPEC LX-17): a shebang line is skipped,
 * indented directives do not count, and `syntax` may also be written `// syntax=…` or as a member of a JSON object.
 * Of two alike the first counts: that there are two is the parser's to refuse. Never throws for what the text says.
 */
export function scanDirectives(source: Uint8Array | string): ScannedDirectives {
  const text = decodeSource(source);
  const hashed = scanZone(text, "#");
  const syntax = hashed.get("syntax") ?? scanZone(text, "//").get("syntax") ?? jsonSyntax(text);
  const check = hashed.get("check");
  return {
    ...(syntax ? { syntax: { ...syntax, reference: firstWord(syntax.value) } } : {}),
    ...(check ? { check: { ...check, value: firstWord(check.value) } } : {}),
  };
}

function scanZone(text: string, prefix: string): ReadonlyMap<DirectiveName, ScannedDirective> {
  const found = new Map<DirectiveName, ScannedDirective>();
  let line = 0;
  for (let offset = 0; offset < text.length; ) {
    const feed = text.indexOf("\n", offset);
    const physical = text.slice(offset, feed < 0 ? text.length : feed);
    offset = feed < 0 ? text.length : feed + 1;
    line++;
    if (line === 1 && physical.startsWith("#!")) continue;
    const directive = readDirective(physical, prefix);
    if (!directive) break;
    if (!found.has(directive.name)) found.set(directive.name, { value: directive.value, line });
  }
  return found;
}

function jsonSyntax(text: string): ScannedDirective | undefined {
  if (!trimStart(text).startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const syntax = (value as { readonly syntax?: unknown }).syntax;
    return typeof syntax === "string" && syntax !== "" ? { value: syntax, line: 1 } : undefined;
  } catch {
    return undefined;
  }
}

function firstWord(text: string): string {
  const blank = text.indexOf(" ");
  return blank < 0 ? text : text.slice(0, blank);
}
