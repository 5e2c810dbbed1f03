import type { Instruction, ParsedStage, ParseWarning } from "./instructions.ts";

/** Lint facts that one instruction shows by itself (SPEC 7). */
export function instructionWarnings(instruction: Instruction): readonly ParseWarning[] {
  const { source } = instruction;
  switch (instruction.kind) {
    case "FROM":
      return [...stageNameCasing(instruction), ...fromAsCasing(instruction)].map(([rule, message]) => ({
        rule,
        message,
        source,
      }));
    case "MAINTAINER":
      return [
        {
          rule: "MaintainerDeprecated",
          message: "Maintainer instruction is deprecated in favor of using label",
          source,
        },
      ];
    case "ENV":
    case "LABEL": {
      const { kind } = instruction;
      const message = `"${kind} key=value" should be used instead of legacy "${kind} key value" format`;
      return instruction.legacy ? [{ rule: "LegacyKeyValueFormat", message, source }] : [];
    }
    default:
      return [];
  }
}

type From = ParsedStage["from"];
type Finding = readonly [rule: string, message: string];

function stageNameCasing({ stageName, stageNameAsWritten: written }: From): readonly Finding[] {
  if (written === stageName) return [];
  return [["StageNameCasing", `Stage name '${written}' should be lowercase`]];
}

function fromAsCasing({ keyword, asKeyword }: From): readonly Finding[] {
  const casing = casingOf(keyword);
  if (asKeyword === undefined || casing === "mixed" || casingOf(asKeyword) === casing) return [];
  return [["FromAsCasing", `'${asKeyword}' and '${keyword}' keywords' casing do not match`]];
}

/**
 * Keywords that are not in the case of the file's majority; only those in one case throughout are counted, and a tie goes
 * to upper case. ARGs ahead of the first FROM take no part.
 */
export function casingWarnings(stages: readonly ParsedStage[]): readonly ParseWarning[] {
  const instructions = stages.flatMap(({ from, instructions }) => [from, ...instructions]);
  const count = (wanted: Casing) => instructions.filter((i) => casingOf(i.keyword) === wanted).length;
  const majority: Casing = count("lower") > count("upper") ? "lower" : "upper";
  return instructions
    .filter((instruction) => casingOf(instruction.keyword) !== majority)
    .map(({ keyword, source }) => ({
      rule: "ConsistentInstructionCasing",
      message: `Command '${keyword}' should match the case of the command majority (${majority}case)`,
      source,
    }));
}

type Casing = "lower" | "upper" | "mixed";

function casingOf(word: string): Casing {
  if (word === word.toLowerCase()) return "lower";
  return word === word.toUpperCase() ? "upper" : "mixed";
}
