import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { SlipwayError } from "../../core/errors.ts";
import type { OutputSpec } from "../../output/output-spec.ts";

/** The permission to remove files outside of the current folder; of the command line alone (SPEC 8.1, --allow and -o). */
export const DELETE_ENTITLEMENT = "buildx.local.delete";

/**
 * Refuses an output that would remove whatever else is in a folder, unless that lies below the current one or was allowed. Throws
 * `ENTITLEMENT_DENIED`.
 */
export function checkDeletions(
  outputs: readonly OutputSpec[],
  allowed: readonly string[],
  cwd: string,
): void {
  if (allowed.includes(DELETE_ENTITLEMENT)) return;
  const here = realPath(cwd);
  for (const { type, dest, deleteExtraneous } of outputs) {
    if (type !== "local" || !deleteExtraneous || dest === undefined) continue;
    if (isBelow(realPath(resolve(cwd, dest)), here)) continue;
    throw new SlipwayError(
      "ENTITLEMENT_DENIED",
      `mode=delete would remove files of ${dest}, which is not below the current folder`,
      { hint: `allow it with --allow=${DELETE_ENTITLEMENT}` },
    );
  }
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith("../");
}

/** The path without links, also where its last parts do not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
