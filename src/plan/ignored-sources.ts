import { posix } from "node:path";
import { goQuote } from "../dockerfile/go-quote.ts";
import type { CopyInstruction } from "../dockerfile/instructions.ts";
import { classifySource } from "./copy-sources.ts";
import type { Call } from "./stage-state.ts";

const ROOTS: ReadonlySet<string> = new Set([".", "/"]);

/**
 * SPEC §7 CopyIgnoredFile: a source of the main context that the ignore file hides. Nothing is said where the file has a `!`
 * line, because what that saves below a hidden folder cannot be told from texts alone.
 */
export function warnOfIgnored(
  sources: readonly string[],
  { instruction, stage }: Call<CopyInstruction>,
): void {
  const { ignoreRules: rules, warn } = stage.build;
  if (!rules || rules.rescuesAny || instruction.from) return;
  const verb = instruction.kind === "ADD" ? "Add" : "Copy";
  for (const source of sources) {
    if (classifySource(source) !== "path") continue;
    const path = cleaned(source);
    if (ROOTS.has(path) ? !rules.excludesAll : !rules.matches(path)) continue;
    const message = `Attempting to ${verb} file ${goQuote(path)} that is excluded by .dockerignore`;
    warn("CopyIgnoredFile", message, instruction);
  }
}

/** Lexically clean, without a slash at the end. */
function cleaned(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}
