import type { RunInstruction } from "../../dockerfile/instructions.ts";
import type { ShellCommand } from "../../shell/commands.ts";
import { programOf } from "../../shell/program.ts";
import type { PackageCacheFacts } from "../packages/managers.ts";
import { type PackageCall, packageCall } from "../packages/package-call.ts";
import type { Judge, Say } from "../rule.ts";
import type { StageView, Step } from "../stage-view.ts";

/** PackageCacheKept, InstallAsksQuestions, PackageVersionUnpinned, NpmInstallUnlocked: package managers other than apt. */
export const judgePackages: Judge = ({ stages }, say) => {
  for (const stage of stages)
    for (const step of stage.steps) {
      const run = step.instruction;
      if (run.kind !== "RUN") continue;
      const calls = step.commands.flatMap((command) => packageCall(command) ?? []);
      for (const call of calls) {
        judgeAnswers(call, step, say);
        if (stage.isShipped && !step.isTrigger) judgeVersions(call, step, say);
      }
      if (!stage.isShipped || step.isTrigger) continue;
      for (const call of cacheKeepers(calls, { stage, step, run }))
        say("PackageCacheKept", `\`${shown(call)}\` leaves its cache in the layer`, step.written);
    }
};

interface Place {
  readonly stage: StageView;
  readonly step: Step;
  readonly run: RunInstruction;
}

/** The calls that leave something behind, of which nothing in the step gets rid. */
function cacheKeepers(calls: readonly PackageCall[], place: Place): readonly PackageCall[] {
  const keepers = calls.filter(({ manager: { cache, installs }, verb, flags }) => {
    return cache && installs.has(verb) && !flags.some((flag) => cache.off?.test(flag));
  });
  if (keepers.length === 0 || place.step.commands.some(isScript)) return [];
  const managers = [...new Set(keepers.map(({ manager }) => manager))];
  const clean = new Set(managers.filter(({ cache }) => cache && isClean(cache, place)));
  for (const { manager, text } of calls) if (manager.cache?.cleans?.test(text)) clean.add(manager);
  return keepers.filter(({ manager }) => !clean.has(manager));
}

function isClean(cache: PackageCacheFacts, { stage, step, run }: Place): boolean {
  const { variable, folders } = cache;
  if (variable && ([...stage.env].some((name) => variable.test(name)) || setsVariable(step, variable)))
    return true;
  return (
    run.mounts.some(({ text }) => isMountedAt(text, folders)) ||
    step.commands.some((command) => removes(command, cache))
  );
}

function setsVariable({ commands }: Step, variable: RegExp): boolean {
  return commands.some(({ assignments, words }) =>
    [...assignments, ...words].some(
      ({ text }) => /^\w+=(?!0?$|false$)/.test(text) && variable.test(text.split("=", 1)[0]!),
    ),
  );
}

/** At one of the folders, in it, or around it. */
function isMountedAt(mount: string, folders: readonly string[]): boolean {
  const target = /(?:^|,)(?:target|dst|destination)=([^,]*)/.exec(mount)?.[1]?.replace(/\/+$/, "");
  if (!target) return false;
  return folders.some(
    (folder) => target.includes(folder) || `${folder}/`.startsWith(`${target}/`) || isAround(target, folder),
  );
}

/** `/root/.cache` around `/.cache/pip`, which lies in any home folder. */
function isAround(target: string, folder: string): boolean {
  const parent = folder.slice(0, folder.lastIndexOf("/"));
  return parent !== "" && target.endsWith(parent);
}

function removes(command: ShellCommand, { folders }: PackageCacheFacts): boolean {
  const program = programOf(command);
  if (program?.name !== "rm" && program?.name !== "find") return false;
  const texts = program.args.map(({ text }) => text.replace(/[/*]+$/, ""));
  return folders.some((folder) => {
    const parent = folder.slice(0, folder.lastIndexOf("/"));
    return texts.some((text) => text.includes(folder) || (parent !== "" && text.endsWith(parent)));
  });
}

/** It may clean up. */
function isScript(command: ShellCommand): boolean {
  const program = programOf(command);
  return command.words.length > 0 && (!program || /\.sh$|clean/.test(program.path.text));
}

function judgeAnswers(call: PackageCall, { written }: Step, say: Say): void {
  const { manager, verb, flags, isLiteral, isFed } = call;
  const { answers, alsoAsk, installs } = manager;
  if (!answers || !isLiteral || isFed || !(installs.has(verb) || alsoAsk?.has(verb))) return;
  // Lists alone are brought without a question.
  if (
    manager.name === "pacman" ? call.text.includes("--noconfirm") : flags.some((flag) => answers.test(flag))
  )
    return;
  say("InstallAsksQuestions", `\`${shown(call)}\` asks, and nobody answers`, written);
}

function judgeVersions(call: PackageCall, { written }: Step, say: Say): void {
  const { manager, verb, packages, isLiteral, flags } = call;
  if (!isLiteral || !manager.installs.has(verb)) return;
  if (
    manager.name === "npm" &&
    /^(?:install|i)$/.test(verb) &&
    packages.length === 0 &&
    !flags.some((flag) => /^(?:-g|--global)$/.test(flag))
  )
    say(
      "NpmInstallUnlocked",
      "`npm install` takes what is newest today within the ranges of package.json",
      written,
    );
  const { hasVersion } = manager;
  if (!hasVersion || verb === "update" || verb === "upgrade") return;
  const loose = packages.filter((name) => !hasVersion(name, flags));
  if (loose.length > 0)
    say(
      "PackageVersionUnpinned",
      `No version is given of ${loose.slice(0, 5).join(", ")}${loose.length > 5 ? " …" : ""}`,
      written,
    );
}

function shown({ manager, verb, command }: PackageCall): string {
  return `${programOf(command)?.name ?? manager.name} ${verb}`;
}
