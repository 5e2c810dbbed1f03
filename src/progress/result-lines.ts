import type { BuildEvent } from "../core/events.ts";
import { formatBytes } from "./measures.ts";
import { safeName } from "./safe-text.ts";
import { stageTable } from "./stage-table.ts";

type BuildDone = Extract<BuildEvent, { type: "build.done" }>;

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
