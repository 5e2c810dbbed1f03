import { SlipwayError } from "../core/errors.ts";
import { expandWords } from "./expand.ts";
import type { Heredoc } from "./instructions.ts";
import type { LineReader } from "./line-reader.ts";
import { trimEndOf } from "./white-space.ts";
import type { LexerOptions } from "./word-lexer.ts";

/** A heredoc announced on an instruction line; its body comes later. */
export type HeredocOpener = Omit<Heredoc, "content">;

/** Words are cut with a backslash as escape, whatever the directive says, and stay as written (SPEC LX-23, LX-37). */
const AS_WRITTEN: LexerOptions = { quotes: "keep", rawEscapes: true, keepUnset: true };

/** The openers on an instruction's line, in order; none where the line cannot be cut into words (SPEC LX-36, LX-37). */
export function findHeredocs(line: string): readonly HeredocOpener[] {
  if (!line.includes("<<")) return [];
  return wordsOf(line, AS_WRITTEN)
    .map(parseHeredocOpener)
    .filter((opener) => opener !== undefined);
}

/** Reads one word as `[fd]<<[-]delimiter`; undefined where it is something else (SPEC LX-38, LX-39). */
export function parseHeredocOpener(word: string): HeredocOpener | undefined {
  const head = /^(\d*)<<(-?)/.exec(word);
  if (!head) return undefined;
  const delimiter = word.slice(head[0].length);
  if (delimiter.includes("<")) return undefined;
  const [name, ...others] = wordsOf(delimiter, { keepUnset: true });
  const [quoted] = wordsOf(delimiter, { quotes: "keep", keepUnset: true });
  if (name === undefined || quoted === undefined || others.length > 0) return undefined;
  const [, fd = "", dash] = head;
  return {
    name,
    chomp: dash === "-",
    expand: name.length === quoted.length,
    ...(fd === "" ? {} : { fd: Number(fd) }),
  };
}

function wordsOf(text: string, options: LexerOptions): readonly string[] {
  try {
    return expandWords(text, () => undefined, options).words;
  } catch (error) {
    if (error instanceof SlipwayError) return [];
    throw error;
  }
}

/** Reads the bodies of `openers`, in order; undefined where a terminator is missing (SPEC LX-40, LX-41). */
export function readHeredocBodies(
  openers: readonly HeredocOpener[],
  reader: LineReader,
): readonly Heredoc[] | undefined {
  const heredocs: Heredoc[] = [];
  for (const opener of openers) {
    const content = readBody(opener, reader);
    if (content === undefined) return undefined;
    heredocs.push({ ...opener, content });
  }
  return heredocs;
}

function readBody(opener: HeredocOpener, reader: LineReader): string | undefined {
  let content = "";
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    const bare = trimEndOf(line, "\r\n");
    if ((opener.chomp ? bare.replace(/^\t+/, "") : bare) === opener.name) return content;
    content += line;
  }
  return undefined;
}

/** Removes the leading tabs of every line of a `<<-` body (SPEC RN-02, CP-21). */
export function chompHeredoc(content: string): string {
  return content.replace(/(^|\n)\t+/g, "$1");
}

/** A command text followed by its heredocs as a shell reads them: line feed, body, delimiter for each (SPEC LX-45, RN-03). */
export function appendHeredocs(text: string, heredocs: readonly Heredoc[]): string {
  return heredocs.reduce((whole, { content, name }) => `${whole}\n${content}${name}`, text);
}
