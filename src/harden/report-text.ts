import { printableName } from "../core/file-name.ts";
import type { HardenChange, HardenReport } from "../core/harden-report.ts";

const MOST_STEP = 48;

/** One line for people. */
export function changeText(change: HardenChange): string {
  const path = printableName(change.path);
  const where = change.step === undefined ? "" : `, ${shortened(printableName(change.step))}`;
  switch (change.action) {
    case "strip":
      return `stripped ${path} (${change.what}): ${change.mode} -> ${change.newMode}${where}`;
    case "remove":
      return `removed ${path} (${change.what})`;
    case "write":
      return `wrote ${path} (${change.what})`;
    case "keep":
      return `kept ${path} (${change.what})${where}`;
    default:
      return change.action satisfies never;
  }
}

/** The beginning of a step's name: commands can be pages. */
function shortened(step: string): string {
  return step.length > MOST_STEP ? `${step.slice(0, MOST_STEP - 1)}…` : step;
}

/** What was done, in a line. */
export function summaryText({ changes, user }: HardenReport): string {
  const count = (action: HardenChange["action"]) => changes.filter((one) => one.action === action).length;
  const parts = [
    counted(count("strip"), "file stripped", "files stripped"),
    counted(count("remove"), "program removed", "programs removed"),
    counted(count("keep"), "kept", "kept"),
    ...(user ? [`runs as ${user.name} (${user.uid}:${user.gid})`] : []),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "nothing to do" : parts.join(", ");
}

function counted(count: number, one: string, several: string): string {
  return count === 0 ? "" : `${count} ${count === 1 ? one : several}`;
}

/** `0755` */
export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
