import type { RunInstruction } from "../../dockerfile/instructions.ts";
import type { Judge } from "../rule.ts";
import type { Step } from "../stage-view.ts";

/**
 * ConsecutiveRun: neighbours in a stage whose layers are in the result. Not said where they run differently (mounts, network,
 * security, devices, here-documents, exec form): then they cannot be one.
 */
export const judgeLayers: Judge = ({ stages }, say) => {
  for (const { steps, isShipped } of stages) {
    if (!isShipped) continue;
    let first: RunInstruction | undefined;
    let previous: RunInstruction | undefined;
    let count = 0;
    const end = (): void => {
      if (previous && first && count > 1)
        say(
          "ConsecutiveRun",
          `${count} RUN instructions in a row, from line ${first.source.start}, can be one`,
          previous,
        );
    };
    for (const step of steps) {
      const run = plainRun(step);
      if (!run) end();
      first = run ? (first ?? run) : undefined;
      count = run ? count + 1 : 0;
      previous = run;
    }
    end();
  }
};

function plainRun({ written }: Step): RunInstruction | undefined {
  if (written.kind !== "RUN" || written.command.form !== "shell" || written.heredocs.length > 0)
    return undefined;
  const { mounts, devices, network, security } = written;
  const isPlain = mounts.length + devices.length === 0 && network === "default" && security === "sandbox";
  return isPlain ? written : undefined;
}
