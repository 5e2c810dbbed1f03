import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { isShellForm } from "../image/command-form.ts";
import type { ContainerConfig } from "../image/config.ts";
import { programName } from "../image/known-programs.ts";
import { findProgram } from "../runtime/find-program.ts";
import type { ImageFiles } from "./image-files.ts";
import { KeptPaths } from "./kept-paths.ts";
import type { Unneeded } from "./unneeded-programs.ts";

/** A program that the image starts by itself. */
interface Need {
  /** `ENTRYPOINT`, `CMD`, `HEALTHCHECK`. */
  readonly by: string;
  readonly program: string;
}

/** Larger files are no scripts. */
const LARGEST_SCRIPT = 1024 * 1024;

/** Throws `HARDEN_REFUSED` where the image's own commands need what is to be removed: it would not start. */
export async function requireNothingUnneeded(
  config: ContainerConfig,
  files: ImageFiles,
  unneeded: Unneeded,
): Promise<void> {
  const needs = commandsOf(config);
  for (const need of needs) needs.push(...(await interpretersOf(need, config, files)));
  const lines = needs.flatMap((need) => {
    const place = findProgram(need.program, config, files.tree)?.place;
    if (place === undefined) return [];
    const names = new KeptPaths(files.tree, [place]);
    const removed = [...unneeded.keys()].find((path) => names.has(path));
    return removed === undefined ? [] : [`  ${need.by} needs /${printableName(removed)}`];
  });
  if (lines.length === 0) return;
  const message = ["the profile strict removes programs that the image needs:", ...new Set(lines)].join("\n");
  throw new SlipwayError("HARDEN_REFUSED", message, {
    hint: "write commands in the form with brackets and without a shell, keep what is needed with --harden-keep PATH, or use --harden=default",
  });
}

function commandsOf(config: ContainerConfig): Need[] {
  const { Entrypoint = [], Cmd = [], Healthcheck } = config;
  const [start] = [...Entrypoint, ...(isShellForm(config, Entrypoint) ? [] : Cmd)];
  const [kind, check] = Healthcheck?.Test ?? [];
  const health = kind === "CMD-SHELL" ? (config.Shell?.[0] ?? "/bin/sh") : kind === "CMD" ? check : undefined;
  return [
    ...(start === undefined ? [] : [{ by: Entrypoint.length > 0 ? "ENTRYPOINT" : "CMD", program: start }]),
    ...(health === undefined ? [] : [{ by: "HEALTHCHECK", program: health }]),
  ];
}

/** What the first line of a script names (execve(2), interpreter scripts). */
async function interpretersOf(
  { by, program }: Need,
  config: ContainerConfig,
  files: ImageFiles,
): Promise<readonly Need[]> {
  const file = findProgram(program, config, files.tree)?.file;
  if (!file || file.size > LARGEST_SCRIPT) return [];
  const [, interpreter, argument] = /^#! *(\S+)(?: +(\S+))?/.exec(await files.text(file)) ?? [];
  if (interpreter === undefined) return [];
  const needs = [{ by: `${by} (/${printableName(file.path)})`, program: interpreter }];
  if (programName(interpreter) === "env" && argument !== undefined)
    needs.push({ by: needs[0]!.by, program: argument });
  return needs;
}
