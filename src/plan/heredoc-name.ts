import { invalidInstruction } from "./located.ts";

/** A heredoc's delimiter becomes a file's name, so it must be one and not a path. Throws INSTRUCTION_INVALID. */
export function checkHeredocName(name: string): void {
  if (name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name)) return;
  throw invalidInstruction(`heredoc name "${name}" cannot be a file name`, "use a plain word such as EOF");
}
