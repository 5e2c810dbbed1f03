import { SlipwayError } from "../core/errors.ts";
import { decodeName } from "../core/file-name.ts";
import { convertHint, utf16Kind } from "../dockerfile/encoding.ts";
import { trimSpace } from "../dockerfile/white-space.ts";
import { cleanPattern, compilePattern, type Pattern } from "./pattern.ts";

interface Rule {
  /** As written, `!` included. */
  readonly text: string;
  /** Cleaned, without `!`. */
  readonly path: string;
  readonly line: number;
  readonly rescues: boolean;
  readonly pattern: Pattern;
}

/** The rule that decided about a path: the last one that matches it or a directory above it (SPEC DI-09). */
export interface DecidingRule {
  /** As written, `!` included. */
  readonly pattern: string;
  /** Counts from 1. */
  readonly line: number;
  readonly file: string;
  /** False where the rule is a `!` line, which keeps the path. */
  readonly excluded: boolean;
}

const EVERYTHING: ReadonlySet<string> = new Set(["*", "**", "**/*"]);

/** No rule matches: an index in front of the first one. */
const UNDECIDED = -1;

/** An ignore file in force, or the patterns of `COPY --exclude`. Pure; answers for a path depend on its text alone. */
export class IgnoreRules {
  readonly #rules: readonly Rule[];
  readonly #file: string;
  /** What was decided about directories, since every path below one asks for it again. */
  readonly #directories = new Map<string, number>([["", UNDECIDED]]);

  constructor(rules: readonly Rule[], file: string) {
    this.#rules = rules;
    this.#file = file;
  }

  /** The same for rules that decide the same. */
  get identity(): string {
    return JSON.stringify(this.#rules.map(({ path, rescues }) => [path, rescues]));
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Some line is a `!` line. */
  get rescuesAny(): boolean {
    return this.#rules.some((rule) => rule.rescues);
  }

  /** Some line says that everything in the root is excluded. */
  get excludesAll(): boolean {
    return this.#rules.some((rule) => !rule.rescues && EVERYTHING.has(rule.path));
  }

  /** Tells whether a path is excluded. The root never is (SPEC DI-10). */
  matches(path: string): boolean {
    return this.#excludes(this.#decisionFor(path));
  }

  /** The rule that decided about the path, if any matches. */
  explain(path: string): DecidingRule | undefined {
    const rule = this.#rules[this.#decisionFor(path)];
    if (!rule) return undefined;
    return { pattern: rule.text, line: rule.line, file: this.#file, excluded: !rule.rescues };
  }

  /** False where everything below the directory is excluded for sure, so that nobody needs to look inside (SPEC DI-12). */
  mayContainIncluded(directory: string): boolean {
    if (directory === "") return true;
    const decision = this.#decisionOfDirectory(directory);
    return !this.#excludes(decision) || this.#mayRescueBelow(directory, decision);
  }

  #excludes(decision: number): boolean {
    return this.#rules[decision]?.rescues === false;
  }

  #mayRescueBelow(directory: string, decision: number): boolean {
    return this.#rules.some(
      (rule, at) => at > decision && rule.rescues && rule.pattern.mayMatchBelow(directory),
    );
  }

  /** From the last rule backwards: what a rule in front of the directory's own decision says cannot matter any more. */
  #decisionFor(path: string): number {
    if (path === "") return UNDECIDED;
    const above = this.#decisionOfDirectory(parentOf(path));
    for (let at = this.#rules.length - 1; at > above; at--)
      if (this.#rules[at]!.pattern.matches(path)) return at;
    return above;
  }

  #decisionOfDirectory(directory: string): number {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const decision = this.#decisionFor(directory);
    this.#directories.set(directory, decision);
    return decision;
  }
}

/**
 * Reads an ignore file (SPEC DI-04): comments have `#` in column 1, blanks around a line do not count, one leading slash is
 * dropped. `file` is its name for messages. Names are bytes, whatever their encoding, but UTF-16 is refused. Throws `IGNORE_PATTERN_INVALID` with the line (SPEC DI-05).
 */
export function parseIgnoreFile(bytes: Uint8Array, file: string): IgnoreRules {
  refuseUtf16(bytes, file);
  const text = decodeName(bytes).replace(/^\ufeff/, "");
  const rules: Rule[] = [];
  text.split("\n").forEach((raw, index) => {
    const written = trimSpace(raw);
    if (raw.startsWith("#") || written === "") return;
    const line = index + 1;
    const rule = compileRule(written, line, (path) => (path.length > 1 ? path.replace(/^\//, "") : path));
    if ("problem" in rule) throw invalid(rule.problem, { file, line, text });
    rules.push(rule);
  });
  return new IgnoreRules(rules, file);
}

/** Its lines would match nothing, and what they were to hide would land in images. */
function refuseUtf16(bytes: Uint8Array, file: string): void {
  const kind = utf16Kind(bytes);
  if (kind)
    throw new SlipwayError("IGNORE_PATTERN_INVALID", `${file} is ${kind}, not UTF-8`, {
      hint: convertHint(file, kind),
    });
}

/**
 * The rules of `COPY --exclude` (SPEC CP-16): the same language, but a leading slash stays and then matches nothing.
 * Throws `INSTRUCTION_INVALID`.
 */
export function excludeRules(patterns: readonly string[]): IgnoreRules {
  const rules: Rule[] = [];
  patterns.forEach((pattern, index) => {
    const written = trimSpace(pattern);
    if (written === "") return;
    const rule = compileRule(written, index + 1, (path) => path);
    if ("problem" in rule) throw new SlipwayError("INSTRUCTION_INVALID", rule.problem, { hint: SYNTAX_HINT });
    rules.push(rule);
  });
  return new IgnoreRules(rules, "--exclude");
}

/** Rules that exclude nothing. */
export function noIgnoreRules(): IgnoreRules {
  return new IgnoreRules([], "");
}

const SYNTAX_HINT = "close every `[`, and put a pattern behind `!`";

function compileRule(
  text: string,
  line: number,
  adjust: (path: string) => string,
): Rule | { problem: string } {
  const rescues = text.startsWith("!");
  const body = rescues ? trimSpace(text.slice(1)) : text;
  if (body === "") return { problem: 'illegal exclusion pattern: "!"' };
  const path = adjust(cleanPattern(body));
  const pattern = compilePattern(path);
  return pattern
    ? { text, path, line, rescues, pattern }
    : { problem: `syntax error in pattern ${JSON.stringify(text)}` };
}

function invalid(
  problem: string,
  { file, line, text }: { readonly file: string; readonly line: number; readonly text: string },
): SlipwayError {
  return new SlipwayError("IGNORE_PATTERN_INVALID", `${file} line ${line}: ${problem}`, {
    hint: SYNTAX_HINT,
    source: { file, start: line, end: line },
    facts: { sourceText: text },
  });
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
