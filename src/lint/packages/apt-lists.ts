import type { ParsedDockerfile, RunInstruction } from "../../dockerfile/instructions.ts";
import { appendCommand, REMOVE_APT_LISTS } from "../../rewrite/append-command.ts";
import type { Fix } from "../../rewrite/fix.ts";
import type { StageView, Step } from "../stage-view.ts";
import { aptCalls } from "./apt-call.ts";

/** Verbs that need lists. */
const READING = new Set([
  "install",
  "upgrade",
  "dist-upgrade",
  "full-upgrade",
  "build-dep",
  "source",
  "download",
]);

/** Has a RUN with `apt-get update` remove the lists at its end, unless a later step installs from them. */
export function removeLists(
  file: Pick<ParsedDockerfile, "text" | "escape">,
  stages: readonly StageView[],
  run: RunInstruction,
): Fix {
  const reader = laterReader(stages, run);
  if (!reader) return appendCommand(file, run, REMOVE_APT_LISTS);
  return { reason: `line ${reader.written.source.start} installs from these lists: make them one RUN` };
}

/** The first step above a RUN that needs its lists, in the same stage or one that is based on it. */
function laterReader(stages: readonly StageView[], run: RunInstruction): Step | undefined {
  for (const stage of stages) {
    const at = stage.steps.findIndex(({ written }) => written === run);
    if (at >= 0) return firstReader(stages, stage, at + 1);
  }
  return undefined;
}

function firstReader(stages: readonly StageView[], stage: StageView, from: number): Step | undefined {
  for (const step of stage.steps.slice(from)) {
    const call = aptCalls(step).find(({ verb }) => verb === "update" || READING.has(verb));
    if (call && call.verb !== "update") return step;
    // Lists of its own, for all that follow; those of a trigger are of another build.
    if (call && !step.isTrigger) return undefined;
  }
  for (const child of stages)
    if (child.parent === stage) {
      const reader = firstReader(stages, child, 0);
      if (reader) return reader;
    }
  return undefined;
}
