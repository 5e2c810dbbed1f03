import { SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { SourceRange } from "../core/source-range.ts";
import { keywordOf, parseArguments } from "./argument-grammar.ts";
import type { Ast, AstNode, AstWarning } from "./ast.ts";
import { DirectiveZone } from "./directives.ts";
import { undecodableLine } from "./encoding.ts";
import { takeFlagWords } from "./flag-words.ts";
import { findHeredocs, readHeredocBodies } from "./heredoc.ts";
import { decodeSource, LineReader } from "./line-reader.ts";
import { cutAtBlanks, trimEndOf, trimSpace, trimStart } from "./white-space.ts";

export interface AstOptions {
  /** False for a stored ONBUILD trigger, where no directive counts (SPEC OB-07). */
  readonly directives?: boolean;
}

/**
 * Phase A (SPEC PO-04): text to instructions, whatever these say. Throws DOCKERFILE_EMPTY for a file without bytes or
 * instructions, DOCKERFILE_SYNTAX for what cannot be read; both with a source range.
 */
export function parseAst(source: Uint8Array | string, file: string, options: AstOptions = {}): Ast {
  if (source.length === 0)
    throw new SlipwayError("DOCKERFILE_EMPTY", "the Dockerfile cannot be empty", {
      source: { file, start: 1, end: 1 },
      hint: "a Dockerfile begins with a FROM instruction",
    });
  return new AstParser(decodeSource(source), file, options).parse();
}

/** ONBUILD inside ONBUILD is refused later; deeper than this it is not even looked at. */
const DEEPEST_ONBUILD = 4;

class AstParser {
  readonly #text: string;
  readonly #file: string;
  readonly #reader: LineReader;
  readonly #zone: DirectiveZone;
  readonly #nodes: AstNode[] = [];
  readonly #warnings: AstWarning[] = [];
  /** The text's lines, where some byte of it is not UTF-8. */
  readonly #doubtful: readonly string[] | undefined;
  #comments: string[] = [];

  constructor(text: string, file: string, options: AstOptions) {
    this.#text = text;
    this.#file = file;
    this.#reader = new LineReader(text);
    this.#zone = new DirectiveZone({ open: options.directives ?? true });
    this.#doubtful = text.isWellFormed() ? undefined : text.split("\n");
  }

  parse(): Ast {
    for (let line = this.#reader.next(); line !== undefined; line = this.#reader.next()) {
      const content = trimEndOf(trimStart(line), "\r\n");
      if (this.#takeDirective(content)) continue;
      if (content.startsWith("#")) this.#takeComment(line);
      else if (content !== "") this.#takeInstruction(content);
    }
    if (this.#nodes.length === 0) throw this.#noInstructions();
    if (this.#reader.stoppedAtLongLine) throw this.#lineTooLong();
    return {
      file: this.#file,
      text: this.#text,
      escape: this.#zone.escape,
      directives: this.#zone.values,
      nodes: this.#nodes,
      warnings: this.#warnings,
    };
  }

  #takeDirective(content: string): boolean {
    return this.#located(this.#reader.line, () => this.#zone.take(content) !== undefined);
  }

  /** SPEC LX-06: the first byte of the line goes, which for an indented comment is not the `#`; a bare `#` forgets what came before. */
  #takeComment(line: string): void {
    const comment = trimSpace(line.slice(1));
    if (comment === "") this.#comments = [];
    else this.#comments.push(comment);
  }

  #takeInstruction(first: string): void {
    const start = this.#reader.line;
    const joined = this.#joinContinuations(first);
    const head = this.#reader.line;
    const comments = this.#comments;
    this.#comments = [];
    const node = this.#located(start, () => parseLine(joined, this.#zone.escape));
    const heredocs = this.#readHeredocs(node, start);
    const end = this.#reader.line;
    const undecodable = this.#doubtful && undecodableLine(this.#doubtful, { start, head, end });
    const place = { heredocs, start, end, comments, ...(undecodable === undefined ? {} : { undecodable }) };
    this.#nodes.push(complete(node, place));
  }

  /** SPEC LX-20 to LX-22 and LX-08 to LX-10. */
  #joinContinuations(first: string): string {
    const escapeChar = this.#zone.escape;
    let { text, continues } = cutContinuation(first, escapeChar);
    let sawBlank = false;
    while (continues) {
      const line = this.#reader.next();
      if (line === undefined) break;
      const content = trimStart(line);
      if (content.startsWith("#")) continue;
      if (content === "") {
        sawBlank = true;
        continue;
      }
      const next = cutContinuation(trimEndOf(line, "\r\n"), escapeChar);
      text += next.text;
      continues = next.continues;
    }
    if (sawBlank)
      this.#warnings.push({
        message: `Empty continuation line found in: ${text}`,
        line: this.#reader.line,
        comments: this.#comments,
      });
    return text;
  }

  #readHeredocs(node: AstNode, start: number): AstNode["heredocs"] {
    if (!mayHaveHeredocs(node)) return [];
    const openers = findHeredocs(node.original);
    const heredocs = readHeredocBodies(openers, this.#reader);
    if (heredocs) return heredocs;
    if (this.#reader.stoppedAtLongLine) throw this.#lineTooLong();
    throw new SlipwayError("DOCKERFILE_SYNTAX", "unterminated heredoc", {
      source: this.#range(start),
      hint: `end each body with a line that holds nothing but its delimiter: ${openers.map(({ name }) => name).join(", ")}`,
    });
  }

  /** Located at the last line that was read. */
  #noInstructions(): SlipwayError {
    const line = Math.max(1, this.#reader.line);
    return new SlipwayError("DOCKERFILE_EMPTY", "file with no instructions", {
      source: { file: this.#file, start: line, end: line },
      hint: "a Dockerfile begins with a FROM instruction",
    });
  }

  #lineTooLong(): SlipwayError {
    const line = this.#reader.line + 1;
    return new SlipwayError(
      "DOCKERFILE_SYNTAX",
      `dockerfile line greater than max allowed size of ${LIMITS.dockerfileLine}`,
      { source: { file: this.#file, start: line, end: line } },
    );
  }

  #range(start: number): SourceRange {
    return { file: this.#file, start, end: this.#reader.line };
  }

  #located<T>(start: number, parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      throw error instanceof SlipwayError ? error.at(this.#range(start)) : error;
    }
  }
}

/** Takes the escape character and the blanks behind it from a line that continues (SPEC LX-20, LX-21). */
function cutContinuation(line: string, escapeChar: string): { text: string; continues: boolean } {
  const trimmed = trimEndOf(line, " \t");
  const continues = trimmed.endsWith(escapeChar) && trimmed.at(-2) !== escapeChar;
  return { text: continues ? trimmed.slice(0, -1) : line, continues };
}

/** One logical line to a node without place and heredocs; ONBUILD holds another (SPEC LX-24 to LX-26). */
function parseLine(line: string, escapeChar: string, depth = 0): AstNode {
  const [value, remainder = ""] = cutAtBlanks(trimSpace(line));
  const { flags, rest } = takeFlagWords(remainder, escapeChar);
  const { args, json, inner } = parseArguments(value, rest, escapeChar);
  const nested = inner !== undefined && depth < DEEPEST_ONBUILD;
  return {
    value,
    original: line,
    flags,
    args: inner !== undefined && !nested ? [inner] : args,
    json,
    ...(nested ? { child: parseLine(inner, escapeChar, depth + 1) } : {}),
    heredocs: [],
    start: 0,
    end: 0,
    comments: [],
  };
}

/** SPEC LX-36. */
function mayHaveHeredocs(node: AstNode): boolean {
  const keyword = keywordOf(node.value);
  if (keyword === "ONBUILD") return node.child !== undefined && mayHaveHeredocs(node.child);
  return (keyword === "ADD" || keyword === "COPY" || keyword === "RUN") && !node.json;
}

type Placement = Pick<AstNode, "heredocs" | "start" | "end" | "comments" | "undecodable">;

function complete(node: AstNode, place: Placement): AstNode {
  return { ...node, ...place, ...(node.child ? { child: complete(node.child, place) } : {}) };
}
