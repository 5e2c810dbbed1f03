import type { Judge } from "../rule.ts";
import { isRoot } from "../stage-view.ts";

/** OnbuildUser, OnbuildStageReference. */
export const judgeOnbuild: Judge = ({ stages }, say) => {
  const names = new Set(stages.flatMap(({ parsed }) => parsed.from.stageName ?? []));
  for (const { steps } of stages)
    for (const { instruction, isTrigger, written, newUser } of steps) {
      if (!isTrigger) continue;
      if (newUser !== undefined && !isRoot(newUser))
        say("OnbuildUser", `The whole build of a child will run as ${newUser}`, written);
      const from = instruction.kind === "COPY" ? instruction.from?.toLowerCase() : undefined;
      if (from !== undefined && names.has(from))
        say("OnbuildStageReference", `The stage ${from} is not there when the trigger runs`, written);
    }
};
