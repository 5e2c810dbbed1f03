import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { systemErrorCode } from "../../core/errors.ts";
import { hasLibc, libc } from "../../sys/libc.ts";
import { makeFolders } from "../../sys/make-folders.ts";
import type { Hierarchy } from "./hierarchies.ts";

/** Where groups of containers are made in one hierarchy, or why there is no such place. */
export type ParentFolder = { readonly folder: string } | { readonly reason: string };

/** The group that takes the processes of one that is to have children: in version 2 only leaves hold processes. */
const LEAF = "slipway.init";

/**
 * The folder for new groups, existing, with `controllers` enabled for its children. `asked` is a path below the top
 * (`--cgroup-parent`). Without it groups are made below our own one, so that its limits hold for them too; in version 2 that needs
 * one that belongs to us (delegation), and a real root falls back on the top.
 */
export function parentFolder(
  hierarchy: Hierarchy,
  controllers: readonly string[],
  asked: string | undefined,
): ParentFolder {
  let folder = hierarchy.top;
  try {
    folder = asked === undefined ? ownFolder(hierarchy) : join(hierarchy.top, asked);
    if (asked !== undefined) makeFolders(folder);
    checkWritable(folder);
    if (hierarchy.version === 2) enable(hierarchy.top, folder, controllers);
    return { folder };
  } catch (error) {
    return { reason: reasonOf(error, folder) };
  }
}

/** The same for a look: nothing is changed, so that enabling controllers may still fail. */
export function likelyParentFolder(hierarchy: Hierarchy): ParentFolder {
  let folder = hierarchy.top;
  try {
    folder = ownFolder(hierarchy);
    checkWritable(folder);
    return { folder };
  } catch (error) {
    return { reason: reasonOf(error, folder) };
  }
}

/** A folder that may be written to, and a group that processes may be moved to. */
function checkWritable(folder: string): void {
  accessSync(folder, constants.W_OK);
  accessSync(join(folder, "cgroup.procs"), constants.W_OK);
}

function ownFolder({ version, top, own }: Hierarchy): string {
  if (version === 1) return own;
  // Another process of ours has moved the surroundings into the leaf before.
  if (basename(own) === LEAF && own !== top) return dirname(own);
  return own === top || isDelegated(own) ? own : top;
}

/** systemd gives the group of a unit with `Delegate=` to the unit's user. Root owns every group, and its own ones carry a mark. */
function isDelegated(folder: string): boolean {
  if (!isRealRoot()) return statSync(folder).uid === process.geteuid?.();
  return hasLibc() && libc().getXattr(folder, "trusted.delegate")?.toString() === "1";
}

/** The root of a user namespace has but the ids that are mapped (user_namespaces(7)). */
function isRealRoot(): boolean {
  return (
    process.geteuid?.() === 0 &&
    /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "latin1"))
  );
}

/**
 * Enables controllers from the top down to `folder`, each level for its children; what is enabled already needs no permission. A group
 * that holds processes cannot (cgroup-v2, no internal process constraint), so those of `folder` itself move into a leaf of it.
 */
function enable(top: string, folder: string, controllers: readonly string[]): void {
  const steps = relative(top, folder).split("/").filter(Boolean);
  let at = top;
  for (const step of [...steps, undefined]) {
    const enabled = words(join(at, "cgroup.subtree_control"));
    const missing = controllers.filter((name) => !enabled.includes(name));
    if (missing.length > 0) turnOn(at, missing, at === folder);
    if (step !== undefined) at = join(at, step);
  }
}

function turnOn(folder: string, controllers: readonly string[], mayMove: boolean): void {
  const text = controllers.map((name) => `+${name}`).join(" ");
  const control = join(folder, "cgroup.subtree_control");
  try {
    writeFileSync(control, text, { flag: "r+" });
  } catch (error) {
    if (systemErrorCode(error) !== "EBUSY" || !mayMove) throw error;
    moveIntoLeaf(folder);
    writeFileSync(control, text, { flag: "r+" });
  }
}

function moveIntoLeaf(folder: string): void {
  const leaf = join(folder, LEAF);
  if (!existsSync(leaf)) mkdirSync(leaf);
  // Processes may be started meanwhile.
  for (let round = 0; round < 10; round++) {
    const pids = words(join(folder, "cgroup.procs"));
    if (pids.length === 0) return;
    for (const pid of pids) move(pid, leaf);
  }
}

function move(pid: string, leaf: string): void {
  try {
    writeFileSync(join(leaf, "cgroup.procs"), pid, { flag: "r+" });
  } catch (error) {
    // ESRCH: it has ended. EINVAL: a thread of the kernel, which stays.
    if (!["ESRCH", "EINVAL"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

function words(path: string): readonly string[] {
  return readFileSync(path, "latin1").split(/\s+/).filter(Boolean);
}

function reasonOf(error: unknown, folder: string): string {
  switch (systemErrorCode(error)) {
    case "EACCES":
    case "EPERM":
      return `the control group ${folder} does not belong to this user`;
    case "EROFS":
      return `the control group ${folder} is read-only`;
    case "ENOENT":
      return `there is no control group ${folder}`;
    case "EBUSY":
      return `the control group ${folder} holds other processes`;
    default:
      return `the control group ${folder} cannot be used: ${error instanceof Error ? error.message : error}`;
  }
}
