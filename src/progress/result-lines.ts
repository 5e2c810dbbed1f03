import type { BuildEvent } from "../core/events.ts";
import { formatBytes } from "./measures.ts";
import { safeName } from "./safe-text.ts";
import { stageTable } from "./stage-table.ts";

type BuildDone = Extract<BuildEvent, { type: "build.done" }>;
export type Warning = Extract<BuildEvent, { type: "warning" }>;

/** What stands below a finished build: the table of stages where there are several, then one line with digest, size and names. */
export function resultLines(done: BuildDone, columns?: number): string[] {
  const table = stageTable(done.stages, columns);
  return [...table, ...(table.length > 0 ? [""] : []), resultLine(done)];
}

function resultLine(done: BuildDone): string {
  const digest = done.imageId ?? done.manifest;
  const target = done.stages.find((stage) => stage.isTarget);
  const parts = [
    ...(digest ? [digest] : []),
    ...(target ? [formatBytes(target.total)] : []),
    ...done.names.map((name) => safeName(name)),
  ];
  return parts.length === 0 ? "built" : `built ${parts.join("  ")}`;
}

/** The warnings of a build as they stand at its end (SPEC CL-06). */
export function warningLines(warnings: readonly Warning[]): string[] {
  if (warnings.length === 0) return [];
  const heading = `${warnings.length} ${warnings.length === 1 ? "warning" : "warnings"} found:`;
  return [heading, ...warnings.map(warningLine)];
}

function warningLine(warning: Warning): string {
  const rule = warning.rule ? `${safeName(warning.rule)}: ` : "";
  const line = warning.source ? ` (line ${warning.source.start})` : "";
  return ` - ${rule}${safeName(warning.message)}${line}`;
}
