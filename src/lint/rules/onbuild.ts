import { programForRoot } from "../needs-root.ts";
import type { Judge, Say } from "../rule.ts";
import { isRoot, type StageView, type Step } from "../stage-view.ts";

/** OnbuildUser, OnbuildStageReference, OnbuildNeedsRoot, OnbuildUsesArg. */
export const judgeOnbuild: Judge = ({ stages }, say) => {
  const names = new Set(stages.flatMap(({ parsed }) => parsed.from.stageName ?? []));
  for (const stage of stages) {
    const triggers = stage.steps.filter(({ isTrigger }) => isTrigger);
    for (const { written, newUser } of triggers)
      if (newUser !== undefined && !isRoot(newUser))
        say("OnbuildUser", `The whole build of a child will run as ${newUser}`, written);
    for (const trigger of triggers) judgeReferences(trigger, names, say);
    judgeRights(triggers, stage.end.user, say);
    judgeArgs(triggers, stage, say);
  }
};

function judgeReferences({ instruction, written }: Step, names: ReadonlySet<string>, say: Say): void {
  const froms =
    instruction.kind === "COPY"
      ? [instruction.from]
      : instruction.kind === "RUN"
        ? instruction.mounts.map(({ from }) => from)
        : [];
  for (const from of froms) {
    const stage = from?.toLowerCase();
    if (stage !== undefined && names.has(stage))
      say("OnbuildStageReference", `The stage ${stage} is not there when the trigger runs`, written);
  }
}

/** Triggers run right behind the FROM of the child, as the user that this stage ends with, until one of them says another. */
function judgeRights(triggers: readonly Step[], last: string | undefined, say: Say): void {
  let user = last;
  for (const { instruction, newUser, commands, written } of triggers) {
    if (instruction.kind === "USER") user = newUser;
    if (user === undefined || user === "" || isRoot(user)) continue;
    const program = programForRoot(commands);
    if (program) say("OnbuildNeedsRoot", `\`${program.name}\` needs root, and will run as ${user}`, written);
  }
}

/** A value that ENV keeps is there; one that the trigger, or one in front of it, sets is there, too. */
function judgeArgs(triggers: readonly Step[], { args, env }: StageView, say: Say): void {
  const set = new Set<string>();
  for (const { instruction, written } of triggers) {
    if (instruction.kind === "ARG") for (const { key } of instruction.args) set.add(key);
    if (written.kind !== "ONBUILD") continue;
    const names = used(written.trigger).filter((name) => args.has(name) && !env.has(name) && !set.has(name));
    if (instruction.kind === "ENV") for (const { key } of instruction.pairs) set.add(key);
    for (const name of names)
      say("OnbuildUsesArg", `The ARG ${name} of this build is not there when the trigger runs`, written);
  }
}

/** Variables that a text uses and does not set itself; `${NAME:-…}` has a purpose without a value. */
function used(text: string): readonly string[] {
  const names = [...text.matchAll(/(?<!\\)\$(?:(\w+)|\{(\w+)\})/g)].map(
    ([, plain, braced]) => (plain ?? braced)!,
  );
  const set = new Set(
    [...text.matchAll(/(?:^|[\s;&|])(?:read\s+(\w+)|for\s+(\w+)|(\w+)=)/g)].map(
      ([, read, loop, assigned]) => read ?? loop ?? assigned,
    ),
  );
  return [...new Set(names)].filter((name) => !set.has(name));
}
