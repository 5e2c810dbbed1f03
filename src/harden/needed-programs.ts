import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { ContainerConfig } from "../image/config.ts";
import { startedPrograms } from "../runtime/started-programs.ts";
import type { ImageFiles } from "./image-files.ts";
import { KeptPaths } from "./kept-paths.ts";
import type { Unneeded } from "./unneeded-programs.ts";

/** Throws `HARDEN_REFUSED` where the image's own commands need what is to be removed: it would not start. */
export async function requireNothingUnneeded(
  config: ContainerConfig,
  files: ImageFiles,
  unneeded: Unneeded,
): Promise<void> {
  if (unneeded.size === 0) return;
  const { tree } = files;
  const needs = await startedPrograms({ config, tree, texts: (entries) => files.texts(entries) });
  const lines = needs.flatMap(({ by, found }) => {
    if (!found) return [];
    const names = new KeptPaths(tree, [found.place]);
    const removed = [...unneeded.keys()].find((path) => names.has(path));
    return removed === undefined ? [] : [`  ${printableName(by)} needs /${printableName(removed)}`];
  });
  if (lines.length === 0) return;
  const message = ["the profile strict removes programs that the image needs:", ...new Set(lines)].join("\n");
  throw new SlipwayError("HARDEN_REFUSED", message, {
    hint: "write commands in the form with brackets and without a shell, keep what is needed with --harden-keep PATH, or use --harden=default",
  });
}
