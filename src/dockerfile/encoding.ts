import { SlipwayError } from "../core/errors.ts";
import type { Instruction, ParsedDockerfile } from "./instructions.ts";

/** What is wrong with a text's encoding, where it has the look of UTF-16. */
const LITTLE = "UTF-16LE";
const BIG = "UTF-16BE";

/** What a text must be converted from, where it has the byte-order mark or the NULs of UTF-16. Pure. */
export function utf16Kind(bytes: Uint8Array): typeof LITTLE | typeof BIG | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return LITTLE;
  if (a === 0xfe && b === 0xff) return BIG;
  if (a && b === 0 && c && d === 0) return LITTLE;
  return a === 0 && b && c === 0 && d ? BIG : undefined;
}

/** Refuses a Dockerfile in UTF-16, of which no instruction could be read. Throws DOCKERFILE_ENCODING at the first line. */
export function refuseUtf16(source: Uint8Array | string, file: string): void {
  const kind = typeof source === "string" ? undefined : utf16Kind(source);
  if (!kind) return;
  throw new SlipwayError("DOCKERFILE_ENCODING", `the Dockerfile is ${kind}, not UTF-8`, {
    source: { file, start: 1, end: 1 },
    hint: convertHint(file, kind),
  });
}

/** How to make a file UTF-8. `from` is a guess where it has to be one. */
export function convertHint(file: string, from = "ISO-8859-1"): string {
  const guess = from === "ISO-8859-1" ? " (or WINDOWS-1252, or whatever it was written in)" : "";
  return `save it as UTF-8: iconv -f ${from} -t UTF-8 ${file} > ${file}.utf8${guess}`;
}

/**
 * The first line of an instruction whose bytes are not UTF-8, of the lines `start` to `end` of the text in core/file-name's form.
 * Comments between the lines of an instruction, up to the line `head`, do not count.
 */
export function undecodableLine(
  lines: readonly string[],
  { start, head, end }: { readonly start: number; readonly head: number; readonly end: number },
): number | undefined {
  for (let number = start; number <= end; number++) {
    const line = lines[number - 1] ?? "";
    const isComment = number > start && number <= head && /^\s*#/.test(line);
    if (!isComment && !line.isWellFormed()) return number;
  }
  return undefined;
}

/** Where bytes are not UTF-8 and do not stay what they are, in one sentence; undefined where nothing is lost. */
export function lostBytes({ file, globalArgs, stages }: ParsedDockerfile): string | undefined {
  const all: Instruction[] = [
    ...globalArgs,
    ...stages.flatMap(({ from, instructions }) => [from, ...instructions]),
  ];
  const [first, ...more] = all.flatMap((instruction) =>
    instruction.undecodable && losesBytes(instruction) ? [instruction.undecodable.start] : [],
  );
  if (first === undefined) return undefined;
  const others = more.length > 0 ? ` (and line${more.length > 1 ? "s" : ""} ${more.join(", ")})` : "";
  return `${file}:${first}${others}: bytes that are not UTF-8 become U+FFFD; ${convertHint(file)}`;
}

/** Paths of COPY and ADD are bytes and stay so, and so is a heredoc's body that is not expanded. A RUN is refused where it is needed. */
function losesBytes(instruction: Instruction): boolean {
  if (instruction.kind === "COPY" || instruction.kind === "ADD")
    return instruction.heredocs.some(({ content, expand }) => expand && !content.isWellFormed());
  return instruction.kind !== "RUN";
}
