import { invalidInstruction } from "./located.ts";

const HIGHEST_MODE = 0o7777;
/** One clause of chmod(1): who, then one or more of operator and permissions or classes to copy. */
const CLAUSE = /^[ugoa]*(?:[-+=][rwxXstugo]*)+$/;

/** Checks `--chmod`: octal up to 07777, or a symbolic list as chmod(1) takes it (SPEC CP-15). Throws INSTRUCTION_INVALID. */
export function checkChmod(text: string): void {
  if (/^[0-7]+$/.test(text) && Number.parseInt(text, 8) <= HIGHEST_MODE) return;
  if (text.split(",").every((clause) => CLAUSE.test(clause))) return;
  throw invalidInstruction(
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    "write a mode such as 0755, or a symbolic one such as u=rwX,go=rX",
  );
}
