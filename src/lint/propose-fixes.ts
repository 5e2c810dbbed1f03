import type { Instruction, ParsedDockerfile, RunInstruction } from "../dockerfile/instructions.ts";
import { appendCommand } from "../rewrite/append-command.ts";
import { type Fix, fixWords, insertion } from "../rewrite/fix.ts";
import type { RawWord } from "../rewrite/instruction-text.ts";
import { parseShell } from "../shell/commands.ts";
import { programOf } from "../shell/program.ts";
import { removeLists } from "./packages/apt-lists.ts";
import { PACKAGE_MANAGERS } from "./packages/managers.ts";
import type { Advice, LintSubject } from "./rule.ts";

/** Advice, and how it can be followed without changing what is built, or why that is left to people. */
export interface ProposedFix {
  readonly advice: Advice;
  readonly fix: Fix;
}

/** Rules that have fixes: of all others nothing is proposed. */
export const FIXABLE = ["AddForCopy", "AptListsKept", "AptAsksQuestions", "PackageCacheKept"] as const;

/** Every fix that is known. The edits do not overlap; two that are the same are one. */
export function proposeFixes(subject: LintSubject, advice: readonly Advice[]): readonly ProposedFix[] {
  const instructions = subject.dockerfile.stages.flatMap((stage) => stage.instructions);
  const byLine = new Map(instructions.map((one) => [one.source.start, one]));
  const seen = new Set<string>();
  return advice.flatMap((one) => {
    const instruction = byLine.get(one.source.start);
    const fix = instruction && fixFor(subject, one, instruction);
    if (!fix) return [];
    const key = JSON.stringify([one.rule, fix]);
    if ("edit" in fix && seen.has(key)) return [];
    seen.add(key);
    return [{ advice: one, fix }];
  });
}

function fixFor(
  { dockerfile: file, stages }: LintSubject,
  { rule, message }: Advice,
  instruction: Instruction,
): Fix | undefined {
  if (!(FIXABLE as readonly string[]).includes(rule)) return undefined;
  if (instruction.kind === "ADD") return copyInstead(file, instruction);
  if (instruction.kind !== "RUN") return { reason: "it is a trigger" };
  if (rule === "AptListsKept") return removeLists(file, stages, instruction);
  if (rule === "AptAsksQuestions") return addFlag(file, instruction, message, "-y");
  return keepNothing(file, instruction, message);
}

/** ADD has all flags of COPY. */
function copyInstead(file: ParsedDockerfile, instruction: Instruction): Fix {
  return fixWords(file, instruction, ({ words }) => {
    const { start, end, text } = words[0]!;
    return { edit: { start, end, text: text === "add" ? "copy" : "COPY" } };
  });
}

/** A flag where the manager has one, else a command at the end. */
function keepNothing(file: ParsedDockerfile, run: RunInstruction, message: string): Fix {
  const program = /`(\S+) /.exec(message)?.[1] ?? "";
  const manager = PACKAGE_MANAGERS.find(({ programs }) => programs.includes(program));
  switch (manager?.name) {
    case "apk":
      return addFlag(file, run, message, "--no-cache");
    case "pip":
      return addFlag(file, run, message, "--no-cache-dir");
    case "dnf":
      return appendCommand(file, run, `${program} clean all`);
    default:
      return { reason: "there are several ways to do so" };
  }
}

/** Puts a flag behind the two words that the message names, where they stand once in the text, as a command. */
function addFlag(file: ParsedDockerfile, run: RunInstruction, message: string, flag: string): Fix {
  const [, program = "", verb = ""] = /`(\S+) (\S+)`/.exec(message) ?? [];
  if (run.command.form !== "shell" || run.heredocs.length > 0)
    return { reason: "it is no plain command line" };
  const calls = parseShell(run.command.command).commands.filter((command) => {
    const called = programOf(command);
    return called?.name === program && called.path.text === program && called.args[0]?.text === verb;
  });
  if (calls.length !== 1) return { reason: `there is not just one \`${program} ${verb}\` in it` };
  return fixWords(file, run, ({ words }) => {
    const at = words.filter((word, index) => word.text === verb && isCommand(words[index - 1], program));
    return at.length === 1
      ? insertion(at[0]!.end, ` ${flag}`)
      : { reason: `it is not clear which \`${program} ${verb}\` is meant` };
  });
}

function isCommand(word: RawWord | undefined, program: string): boolean {
  return word?.text === program;
}
