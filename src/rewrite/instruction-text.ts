import type { EscapeCharacter } from "../dockerfile/directives.ts";
import type { InstructionBase } from "../dockerfile/instructions.ts";

/** A word as it stands in a file. */
export interface RawWord {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where the words of an instruction are in its file. */
export interface InstructionText {
  readonly words: readonly RawWord[];
  /** There are comments between its lines. */
  readonly hasComments: boolean;
  readonly isMultiline: boolean;
  /** Blanks that its last line begins with. */
  readonly indent: string;
  /** How its lines end. */
  readonly lineEnd: string;
}

type Written = Pick<InstructionBase, "source" | "text">;

/**
 * Finds an instruction in the text of its file, by its lines. Undefined where that cannot be done safely: a word goes on in the next line, or what is found
 * is not what the parser read. Here-documents are not looked for: words end with the line that opens them.
 */
export function locateInstruction(
  file: string,
  { source, text }: Written,
  escape: EscapeCharacter,
): InstructionText | undefined {
  const lines = file.split("\n");
  let offset = lines.slice(0, source.start - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const words: RawWord[] = [];
  const found = { hasComments: false, isMultiline: false, indent: "" };
  let before = "";
  for (let number = source.start; number <= source.end; number++) {
    const line = lines[number - 1] ?? "";
    const isFirst = number === source.start;
    if (!isFirst && /^\s*#/.test(line)) found.hasComments = true;
    else if (line.trim() !== "") {
      const code = withoutContinuation(line, escape);
      // Without a blank between them, the words of two lines are one.
      if (/\S$/.test(before) && /^\S/.test(code)) return undefined;
      found.isMultiline ||= words.length > 0;
      for (const { 0: word, index } of code.matchAll(/\S+/g))
        words.push({ start: offset + index, end: offset + index + word.length, text: word });
      found.indent = /^[ \t]*/.exec(line)![0];
      if (code === line) break;
      before = code;
    }
    offset += line.length + 1;
  }
  const read = text.trim().split(/\s+/).join(" ");
  if (words.map((word) => word.text).join(" ") !== read) return undefined;
  return { ...found, words, lineEnd: lines[source.start - 1]!.endsWith("\r") ? "\r\n" : "\n" };
}

function withoutContinuation(line: string, escape: EscapeCharacter): string {
  const bare = line.trimEnd();
  return bare.endsWith(escape) ? bare.slice(0, -1) : line;
}
