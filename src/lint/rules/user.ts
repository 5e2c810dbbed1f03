import { programForRoot } from "../needs-root.ts";
import type { Judge, Say } from "../rule.ts";
import { isBaseKnown, isRoot, lineage, type StageView, type Step } from "../stage-view.ts";

/** NoUser, RootUserLast, UserTooEarly, UserSwitchedBack. Users that are not known are not judged. */
export const judgeUser: Judge = ({ stages }, say) => {
  for (const stage of stages) {
    if (stage.isTarget) judgeLast(stage, say);
    judgeSwitches(stage.steps, say);
    for (const step of stage.steps) judgePrivilege(step, say);
  }
};

function judgeLast(stage: StageView, say: Say): void {
  const { steps, parsed } = stage;
  const last = steps.findLast(({ written }) => written.kind === "USER");
  if (last?.newUser !== undefined && isRoot(last.newUser))
    say("RootUserLast", `The last USER is ${last.newUser}`, last.written);
  if (last || hasUser(stage) || !isBaseKnown(stage)) return;
  const { user } = stage.end;
  if (user === undefined || isRoot(user))
    say(
      "NoUser",
      `Neither this file nor the base has a USER${user === undefined ? "" : " but root"}: the image runs as root`,
      parsed.from,
    );
}

function hasUser(stage: StageView): boolean {
  return [...lineage(stage)].some(({ steps }) => steps.some(({ written }) => written.kind === "USER"));
}

function judgeSwitches(steps: readonly Step[], say: Say): void {
  const users = steps.filter(({ written, newUser }) => written.kind === "USER" && newUser !== undefined);
  users.forEach((step, at) => {
    const before = users[at - 1]?.newUser;
    const after = users[at + 1]?.newUser;
    if (
      before !== undefined &&
      after !== undefined &&
      !isRoot(before) &&
      isRoot(step.newUser!) &&
      !isRoot(after)
    )
      say("UserSwitchedBack", `USER goes from ${before} back to root, and to ${after} again`, step.written);
  });
}

function judgePrivilege({ commands, user, isTrigger, written }: Step, say: Say): void {
  if (user === undefined || user === "" || isRoot(user) || isTrigger) return;
  const program = programForRoot(commands);
  if (program) say("UserTooEarly", `\`${program.name}\` needs root, and runs as ${user}`, written);
}
