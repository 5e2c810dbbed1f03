import { keywordOf } from "./argument-grammar.ts";
import type { AstNode } from "./ast.ts";
import type { Instruction, ParsedStage } from "./instructions.ts";
import type { LintPlace, Warn } from "./linter.ts";

/** Rules that a keyword and its words show before anything is judged (SPEC §7). */
export function warnOfNode(node: AstNode, at: LintPlace, warn: Warn): void {
  const keyword = keywordOf(node.value);
  if (keyword === "MAINTAINER")
    warn("MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label", at);
  const [, as, name] = node.args;
  if (keyword !== "FROM" || node.args.length !== 3 || as === undefined || name === undefined) return;
  if (name !== name.toLowerCase()) warn("StageNameCasing", `Stage name '${name}' should be lowercase`, at);
  const casing = casingOf(node.value);
  if (casing !== "mixed" && casingOf(as) !== casing)
    warn("FromAsCasing", `'${as}' and '${node.value}' keywords' casing do not match`, at);
}

/** InvalidDefinitionDescription: the comment right above a named stage or an ARG describes it, or seems to (SPEC §7). */
export function warnOfDescription(instruction: Instruction, warn: Warn): void {
  const names = definedNames(instruction);
  const comment = instruction.comments.at(-1);
  if (comment === undefined || names.length === 0) return;
  if (names.some((name) => comment === name || comment.startsWith(`${name} `))) return;
  const name = names.length === 1 ? names[0] : "<arg_key>";
  const message = `Comment for ${instruction.kind} should follow the format: \`# ${name} <description>\``;
  warn("InvalidDefinitionDescription", message, instruction);
}

function definedNames(instruction: Instruction): readonly string[] {
  if (instruction.kind === "ARG") return instruction.args.map(({ key }) => key);
  return instruction.kind === "FROM" && instruction.stageName ? [instruction.stageName] : [];
}

/**
 * Keywords that are not in the case of the file's majority; only those in one case throughout are counted, and a tie goes
 * to upper case. ARGs ahead of the first FROM take no part.
 */
export function warnOfCasing(stages: readonly ParsedStage[], warn: Warn): void {
  const instructions = stages.flatMap(({ from, instructions }) => [from, ...instructions]);
  const count = (wanted: Casing) => instructions.filter((i) => casingOf(i.keyword) === wanted).length;
  const majority: Casing = count("lower") > count("upper") ? "lower" : "upper";
  for (const instruction of instructions) {
    const { keyword } = instruction;
    if (casingOf(keyword) === majority) continue;
    const message = `Command '${keyword}' should match the case of the command majority (${majority}case)`;
    warn("ConsistentInstructionCasing", message, instruction);
  }
}

/** ReservedStageName and DuplicateStageName (SPEC §7). */
export function warnOfStageNames(stages: readonly ParsedStage[], warn: Warn): void {
  const seen = new Set<string>();
  for (const { from } of stages) {
    const name = from.stageName;
    if (name === undefined) continue;
    if (name === "scratch" || name === "context")
      warn("ReservedStageName", `Stage name should not use the same name as reserved stage "${name}"`, from);
    if (seen.has(name))
      warn("DuplicateStageName", `Duplicate stage name "${name}", stage names should be unique`, from);
    seen.add(name);
  }
}

type Casing = "lower" | "upper" | "mixed";

function casingOf(word: string): Casing {
  if (word === word.toLowerCase()) return "lower";
  return word === word.toUpperCase() ? "upper" : "mixed";
}
