import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import { type InstructionText, locateInstruction } from "./instruction-text.ts";
import type { TextEdit } from "./text-edits.ts";

/** How an instruction can be mended, or why that is left to people. */
export type Fix = { readonly edit: TextEdit } | { readonly reason: string };

type File = Pick<ParsedDockerfile, "text" | "escape">;
type Written = Parameters<typeof locateInstruction>[1];

/** Mends an instruction where its words are. */
export function fixWords(file: File, written: Written, mend: (found: InstructionText) => Fix): Fix {
  const found = locateInstruction(file.text, written, file.escape);
  return found ? mend(found) : { reason: "its words go over several lines" };
}

export function insertion(at: number, text: string): Fix {
  return { edit: { start: at, end: at, text } };
}
