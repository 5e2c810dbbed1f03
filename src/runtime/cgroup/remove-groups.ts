import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemErrorCode } from "../../core/errors.ts";
import { isGone, isOwner } from "../../store/owner.ts";

/** Names are `slipway-<owner>-<random>`. */
export const PREFIX = "slipway-";

const PATIENCE_MS = 2000;

/** Removes a group with what was made below it. The last processes may still be on their way out: waits up to two seconds for them. */
export async function removeGroup(folder: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (let wait = 1; !tryRemove(folder) && Date.now() < end; wait = Math.min(wait * 2, 50)) await pause(wait);
}

/** Removes the groups in a folder whose makers have ended. */
export function sweepGroups(folder: string): void {
  for (const name of namesIn(folder)) {
    const owner = name.startsWith(PREFIX) ? name.slice(PREFIX.length).replace(/-[0-9a-f]+$/, "") : "";
    if (isOwner(owner) && isGone(owner)) tryRemove(join(folder, name));
  }
}

/** True where it is gone. The kernel's own files are no hindrance: rmdir takes them along. */
function tryRemove(folder: string): boolean {
  for (const name of namesIn(folder)) tryRemove(join(folder, name));
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "ENOENT";
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((item) => item.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
