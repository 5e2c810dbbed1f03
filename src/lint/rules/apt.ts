import type { RunInstruction } from "../../dockerfile/instructions.ts";
import { programOf } from "../../shell/program.ts";
import { type AptCall, aptCalls } from "../packages/apt-call.ts";
import type { Judge, Say } from "../rule.ts";
import type { StageView, Step } from "../stage-view.ts";

const LISTS = "/var/lib/apt";
const CHANGING = new Set([
  "install",
  "upgrade",
  "dist-upgrade",
  "full-upgrade",
  "remove",
  "purge",
  "autoremove",
  "build-dep",
]);
/** Rules about apt-get and apt. What a configuration file of apt may have changed is not judged. */
export const judgeApt: Judge = ({ stages, dockerfile }, say) => {
  const isConfigured = /apt\.conf|APT::|snapshot/.test(dockerfile.text);
  for (const stage of stages)
    for (const step of stage.steps) {
      if (step.instruction.kind !== "RUN") continue;
      const calls = aptCalls(step);
      if (calls.length === 0) continue;
      judgeLists(calls, { step, stage, run: step.instruction }, say);
      if (!isConfigured) judgeInstalls(calls, step, stage, say);
    }
};

interface Place {
  readonly step: Step;
  readonly stage: StageView;
  readonly run: RunInstruction;
}

function judgeLists(calls: readonly AptCall[], { step, stage, run }: Place, say: Say): void {
  if (!calls.some(({ verb }) => verb === "update")) return;
  const isCached = run.mounts.some(({ text }) => text.includes(LISTS));
  const uses = calls.some(({ verb }) => verb !== "update") || mayUseLists(step);
  if (!uses && !isCached)
    say(
      "AptUpdateAlone",
      "`apt-get update` is alone in its step: later steps install from lists that may be old",
      step.written,
    );
  const isRemoved = step.commands.some((command) => {
    const program = programOf(command);
    const words = program?.args.map(({ text }) => text) ?? [];
    return (
      (program?.name === "rm" || program?.name === "find") && words.some((text) => text.startsWith(LISTS))
    );
  });
  if (stage.isShipped && !isCached && !isRemoved && !step.isTrigger && !leavesToOthers(step))
    say("AptListsKept", "The package lists stay in the layer", step.written);
}

/** Something that is not apt-get itself may install: aptitude, a script, a program whose name is not known. */
function mayUseLists({ commands }: Step): boolean {
  const plain = new Set([
    "apt-get",
    "apt",
    "echo",
    "set",
    "rm",
    "mkdir",
    "true",
    "export",
    "cd",
    "sed",
    "printf",
    "cat",
  ]);
  return commands.some((command) => {
    const program = programOf(command);
    return command.words.length > 0 && !(program && plain.has(program.name));
  });
}

/** A script that may remove them. */
function leavesToOthers({ commands }: Step): boolean {
  return commands.some((command) => {
    const program = programOf(command);
    return command.words.length > 0 && (!program || /\.sh$|clean/.test(program.path.text));
  });
}

function judgeInstalls(calls: readonly AptCall[], { written }: Step, stage: StageView, say: Say): void {
  for (const call of calls) {
    if (CHANGING.has(call.verb) && call.isLiteral && !call.isFed && !isQuiet(call.flags))
      say("AptAsksQuestions", `\`apt-get ${call.verb}\` has no -y`, written);
    if (call.verb !== "install" || !stage.isShipped) continue;
    if (call.isLiteral && !call.flags.includes("--no-install-recommends"))
      say("AptRecommendsInstalled", "`apt-get install` has no --no-install-recommends", written);
    const loose = call.packages.filter(
      (name) => /^[a-z0-9][a-z0-9+.-]+$/.test(name) && !name.endsWith(".deb"),
    );
    const hasRelease = call.flags.some((flag) => /^(-t|--target-release|--default-release)/.test(flag));
    if (call.isLiteral && loose.length > 0 && !hasRelease)
      say(
        "AptVersionUnpinned",
        `No version is given of ${loose.slice(0, 5).join(", ")}${loose.length > 5 ? " …" : ""}`,
        written,
      );
  }
}

/** It answers itself, or asks nothing; `-qq` implies `-y` (apt-get(8)). */
function isQuiet(flags: readonly string[]): boolean {
  return (
    flags.some(
      (flag) =>
        /^-[a-zA-Z]*(y|s|d|qq)[a-zA-Z]*$/.test(flag) ||
        /^(-q=[2-9]|--yes|--assume-yes|--assume-no|--force-yes|--simulate|--dry-run|--just-print|--download-only|--print-uris|--help)/.test(
          flag,
        ),
    ) || flags.filter((flag) => flag === "-q").length > 1
  );
}
