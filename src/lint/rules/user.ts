import { type Program, programOf } from "../../shell/program.ts";
import type { Judge, Say } from "../rule.ts";
import { isRoot, type StageView, type Step } from "../stage-view.ts";

const ACCOUNTS = new Set(["useradd", "groupadd", "usermod", "adduser", "addgroup"]);
const INSTALLERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["apt-get", new Set(["update", "install", "upgrade", "dist-upgrade", "remove", "purge"])],
  ["apt", new Set(["update", "install", "upgrade", "remove", "purge"])],
  ["apk", new Set(["add", "update", "upgrade", "del"])],
  ["dnf", new Set(["install", "update", "upgrade", "remove"])],
  ["yum", new Set(["install", "update", "upgrade", "remove"])],
]);

/** RootUserLast, UserTooEarly, UserSwitchedBack. Users that are not known are not judged. */
export const judgeUser: Judge = ({ stages }, say) => {
  for (const stage of stages) {
    if (stage.isTarget) judgeLast(stage, say);
    judgeSwitches(stage.steps, say);
    for (const step of stage.steps) judgePrivilege(step, say);
  }
};

function judgeLast({ steps }: StageView, say: Say): void {
  const last = steps.findLast(({ written }) => written.kind === "USER");
  if (last?.newUser !== undefined && isRoot(last.newUser))
    say("RootUserLast", `The last USER is ${last.newUser}`, last.written);
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
  const program = commands.map(programOf).find((one) => one && !one.elevated && needsRoot(one));
  if (program) say("UserTooEarly", `\`${program.name}\` needs root, and runs as ${user}`, written);
}

function needsRoot({ name, args }: Program): boolean {
  if (ACCOUNTS.has(name)) return true;
  const verb = args.find(({ text }) => !text.startsWith("-"))?.text ?? "";
  return INSTALLERS.get(name)?.has(verb) === true;
}
