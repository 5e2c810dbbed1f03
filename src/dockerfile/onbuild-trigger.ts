import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { AstNode } from "./ast.ts";
import { invalid } from "./flags.ts";
import type { FromInstruction, Instruction } from "./instructions.ts";
import { parseAst } from "./parse-ast.ts";
import { refuseTrigger, typeNode } from "./typed-instruction.ts";

/**
 * Reads a trigger stored in an image, always with the default escape character (SPEC OB-06, OB-07). The instruction and
 * any error are located at `at`, the FROM that fires it. Throws DOCKERFILE_SYNTAX or INSTRUCTION_INVALID.
 */
export function parseOnbuildTrigger(text: string, at: SourceRange): Exclude<Instruction, FromInstruction> {
  try {
    const instruction = typeNode(onlyNode(text, at.file), at);
    refuseTrigger(instruction.keyword);
    return instruction as Exclude<Instruction, FromInstruction>;
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const { code, message, facts } = error;
    throw new SlipwayError(code, message, {
      source: at,
      facts: { ...facts, trigger: text },
      hint: triggerHint(text),
    });
  }
}

/** The FROM that an error is located at does not show what fired. */
export function triggerHint(text: string): string {
  return `this is the trigger \`ONBUILD ${text.split("\n", 1)[0]}\` of the base`;
}

function onlyNode(text: string, file: string): AstNode {
  const nodes = isEmpty(text) ? [] : parseAst(text, file, { directives: false }).nodes;
  const [node, ...others] = nodes;
  if (!node || others.length > 0) throw invalid("onbuild trigger should be a single expression");
  return node;
}

/** No instruction at all counts as "not a single one". */
function isEmpty(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(#|$)/.test(line));
}
