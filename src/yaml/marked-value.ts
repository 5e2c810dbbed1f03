import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { ErrorCode } from "../core/error-codes.ts";
import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";
import { aliasTargets } from "./alias-targets.ts";

/** Something wrong in a file that people write; lines and columns count from 1. */
export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

type Parsed = ReturnType<typeof parseDocument>;

/** More of them help nobody. */
const MOST_TOLD = 20;
/** More merges than anybody writes: mappings that merge each other in a circle, or double at every step. */
const MOST_MERGES = 1000;
/**
 * More values than the largest of these files can hold as it is written: lists of aliases of lists of aliases make any number of a
 * few lines.
 */
const MOST_VALUES = 1 << 20;
const TRUE = new Set(["true", "yes", "on", "y"]);
const FALSE = new Set(["false", "no", "off", "n"]);

/** What an error says about a file of this kind. */
export interface DocumentKind {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** A YAML or JSON text (JSON is YAML) with all that was found wrong in it. */
export class MarkedDocument {
  readonly file: string;
  readonly #kind: DocumentKind;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #parsed: Parsed;
  readonly #mistakes: Mistake[] = [];
  #merges = 0;
  #values = 0;
  #targets: ReturnType<typeof aliasTargets> | undefined;

  constructor(file: string, text: string, kind: DocumentKind) {
    this.file = file;
    this.#kind = kind;
    this.#text = text;
    this.#parsed = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      keepSourceTokens: false,
    });
    for (const { pos, message } of this.#parsed.errors) this.mistake(pos[0], message);
  }

  get root(): MarkedValue {
    return new MarkedValue(this, this.#parsed.contents, 0);
  }

  get isSound(): boolean {
    return this.#mistakes.length === 0;
  }

  /** Where an offset is; lines count from 1. */
  lineOf(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }

  mistake(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#mistakes.push({ line: Math.max(1, line), column: Math.max(1, col), message });
  }

  /** Whether one more mapping may be merged into another; says so once where there are too many. */
  takeMerge(offset: number): boolean {
    this.#merges += 1;
    if (this.#merges === MOST_MERGES + 1) this.mistake(offset, `more than ${MOST_MERGES} merged mappings`);
    return this.#merges <= MOST_MERGES;
  }

  /** Whether so many more values may be looked at; says so once where there are too many. */
  takeValues(count: number, offset: number): boolean {
    const had = this.#values;
    this.#values += count;
    if (had <= MOST_VALUES && this.#values > MOST_VALUES)
      this.mistake(offset, "the aliases make too many values");
    return this.#values <= MOST_VALUES;
  }

  /** What an alias stands for: undefined where nothing in front of it has its name. */
  resolve(node: Node | null | undefined): Node | null | undefined {
    if (!isAlias(node)) return node;
    this.#targets ??= aliasTargets(this.#parsed);
    return this.#targets.get(node);
  }

  /** Throws the error of this kind of file with every mistake and its place. */
  check(): void {
    if (this.#mistakes.length === 0) return;
    const sorted = [...this.#mistakes].sort((a, b) => a.line - b.line || a.column - b.column);
    const told = sorted
      .slice(0, MOST_TOLD)
      .map(({ line, column, message }) => `${this.file}:${line}:${column}: ${message}`);
    const more = sorted.length - told.length;
    const first = sorted[0]!;
    const { code, hint } = this.#kind;
    throw new SlipwayError(code, [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("\n"), {
      source: { file: this.file, start: first.line, end: first.line },
      facts: { mistakes: sorted, sourceText: this.#text },
      hint,
    });
  }
}

/** One value of a document, which knows where it stands. A null counts as absent. */
export class MarkedValue {
  readonly #document: MarkedDocument;
  readonly #node: Node | null | undefined;
  readonly #offset: number;

  constructor(document: MarkedDocument, node: Node | null | undefined, offset: number) {
    this.#document = document;
    this.#offset = node?.range?.[0] ?? offset;
    this.#node = document.resolve(node);
  }

  /** The line that it begins in. */
  get line(): number {
    return this.#document.lineOf(this.#offset);
  }

  get isAbsent(): boolean {
    return !this.#node || (isScalar(this.#node) && this.#node.value === null);
  }

  /** Notes what is wrong here; gives what a decoder gives then. */
  mistake(message: string): undefined {
    this.#document.mistake(this.#offset, message);
    return undefined;
  }

  /** Members by name. What is not among `known` is a mistake. */
  members(known: readonly string[]): ReadonlyMap<string, MarkedValue> | undefined {
    if (!isMap(this.#node)) return this.mistake(`a mapping is expected here, not ${this.#kind()}`);
    const found = new Map<string, MarkedValue>();
    if (this.#document.takeValues(this.#node.items.length, this.#offset))
      this.#collect(this.#node, known, found);
    return found;
  }

  items(): readonly MarkedValue[] | undefined {
    if (!isSeq(this.#node)) return this.mistake(`a list is expected here, not ${this.#kind()}`);
    if (!this.#document.takeValues(this.#node.items.length, this.#offset)) return [];
    return this.#node.items.map((item) => new MarkedValue(this.#document, item as Node, this.#offset));
  }

  /** Numbers and booleans are taken as they are written: `1.20` stays that. */
  text(): string | undefined {
    const node = this.#node;
    if (!isScalar(node)) return this.mistake(`a text is expected here, not ${this.#kind()}`);
    return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
  }

  integer(): number | undefined {
    const node = this.#node;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    return this.mistake(`a whole number is expected here, not ${this.#kind()}`);
  }

  /** The words of YAML 1.1 count, too. */
  flag(): boolean | undefined {
    const node = this.#node;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === "boolean") return value;
    const isPlain = isScalar(node) && node.type === "PLAIN";
    const word = isPlain && typeof value === "string" ? value.toLowerCase() : "";
    if (TRUE.has(word)) return true;
    if (FALSE.has(word)) return false;
    return this.mistake(`true or false is expected here, not ${this.#kind()}`);
  }

  get isEmptyList(): boolean {
    return isSeq(this.#node) && this.#node.items.length === 0;
  }

  get isMapping(): boolean {
    return isMap(this.#node);
  }

  /** A merged mapping (`<<`) gives what the mapping itself does not have. */
  #collect(
    map: { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] },
    known: readonly string[],
    found: Map<string, MarkedValue>,
  ): void {
    const merged: Node[] = [];
    for (const { key, value } of map.items) {
      const keyNode = key as Node | null;
      const at = keyNode?.range?.[0] ?? this.#offset;
      const name = isScalar(keyNode) ? String(keyNode.value) : undefined;
      if (name === "<<") merged.push(value as Node);
      else if (name === undefined) this.#document.mistake(at, "a name is expected here");
      else if (!known.includes(name)) this.#document.mistake(at, unknownKey(name, known));
      else if (!found.has(name)) found.set(name, new MarkedValue(this.#document, value as Node | null, at));
    }
    for (const node of merged) this.#merge(node, known, found);
  }

  #merge(node: Node | null, known: readonly string[], found: Map<string, MarkedValue>): void {
    const at = node?.range?.[0] ?? this.#offset;
    if (!this.#document.takeMerge(at)) return;
    const target = this.#document.resolve(node);
    if (!isMap(target) && !isSeq(target)) this.#document.mistake(at, "a mapping is expected behind <<");
    else if (!this.#document.takeValues(target.items.length, at)) return;
    else if (isMap(target)) this.#collect(target, known, found);
    else for (const item of target.items) this.#merge(item as Node, known, found);
  }

  #kind(): string {
    const node = this.#node;
    if (isMap(node)) return "a mapping";
    if (isSeq(node)) return "a list";
    if (!isScalar(node) || node.value === null) return "nothing";
    return JSON.stringify(node.source ?? String(node.value));
  }
}

function unknownKey(name: string, known: readonly string[]): string {
  const near = suggest(name, known) ?? known.find((key) => key.toLowerCase() === name.toLowerCase());
  const told = `unknown key ${JSON.stringify(name)}`;
  return near === undefined ? `${told}; known here: ${known.join(", ")}` : `${told}: did you mean ${near}?`;
}
