import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SlipwayError, systemErrorCode } from "../../core/errors.ts";
import { currentOwner } from "../../store/owner.ts";
import type { Resources } from "../request.ts";
import { writeControl } from "./control-file.ts";
import { type Hierarchy, readHierarchies } from "./hierarchies.ts";
import { type Controller, type LimitFile, limitFiles } from "./limit-files.ts";
import { likelyParentFolder, parentFolder } from "./parent-folder.ts";
import { PREFIX, removeGroup, sweepGroups } from "./remove-groups.ts";

/** The control group of one container: a folder in each hierarchy that is needed. */
export interface ContainerCgroup {
  /** Files by which a process becomes part of it: it writes `0` to each of them. */
  readonly joins: readonly string[];
  /** Limits that cannot be enforced here, and why, in words for a warning. */
  readonly unenforced: readonly string[];
  /** How many of its processes the kernel has killed for lack of memory. */
  oomKills(): number;
  /** Takes the folders away; what stays busy for long is left to a later `createCgroup`. */
  remove(): Promise<void>;
}

export interface CgroupRequest {
  readonly resources: Resources;
  /** A path below the top of every hierarchy, made where it is missing; a slice of systemd may go by its name alone. */
  readonly parent?: string;
}

/** Those that this process sees; none where there is no Linux. */
export function ownHierarchies(): readonly Hierarchy[] {
  try {
    return readHierarchies(
      readFileSync("/proc/self/mountinfo", "utf8"),
      readFileSync("/proc/self/cgroup", "utf8"),
    );
  } catch {
    return [];
  }
}

/**
 * Makes a control group with these limits, and sweeps what processes that were killed left behind. Want of permission is no failure:
 * what cannot be enforced is told in `unenforced`. Throws `LIMIT_REFUSED` where the kernel refuses a value.
 */
export async function createCgroup(
  { resources, parent }: CgroupRequest,
  hierarchies: readonly Hierarchy[] = ownHierarchies(),
): Promise<ContainerCgroup> {
  const limits = limitFiles(resources, (controller) => hierarchyOf(controller, hierarchies)?.version ?? 1);
  const groups = new Groups(parent === undefined ? undefined : parentPath(parent), hierarchies);
  try {
    for (const { controller, limit } of limits) groups.need(controller, limit);
    if (parent !== undefined) groups.needAll();
    for (const limit of limits) groups.apply(limit);
    return groups.finished();
  } catch (error) {
    await groups.remove();
    throw error;
  }
}

/** What can be limited by this process, for `slipway doctor`; `reason` is why the first of the others cannot. */
export function limitableControllers(hierarchies: readonly Hierarchy[] = ownHierarchies()): {
  readonly controllers: readonly Controller[];
  readonly reason?: string;
} {
  const places = (["memory", "cpu", "cpuset", "pids"] as const).map((controller) => {
    const hierarchy = hierarchyOf(controller, hierarchies);
    const place = hierarchy ? likelyParentFolder(hierarchy) : { reason: notMounted(controller) };
    return { controller, reason: "reason" in place ? place.reason : undefined };
  });
  const reason = places.find((place) => place.reason !== undefined)?.reason;
  return {
    controllers: places.filter((place) => place.reason === undefined).map(({ controller }) => controller),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** `a-b.slice` is below `a.slice` (systemd.slice(5)); nothing leads above the top. */
function parentPath(text: string): string {
  const path = join("/", text);
  const slice = /^\/([^/]+)\.slice$/.exec(path)?.[1];
  if (slice === undefined || slice === "-") return path;
  const parts = slice.split("-");
  return join("/", ...parts.map((_, i) => `${parts.slice(0, i + 1).join("-")}.slice`));
}

export function hierarchyOf(
  controller: Controller,
  hierarchies: readonly Hierarchy[],
): Hierarchy | undefined {
  return (
    hierarchies.find((hierarchy) => hierarchy.controllers.includes(controller)) ??
    hierarchies.find(({ version, top }) => version === 2 && v2Controllers(top).includes(controller))
  );
}

function v2Controllers(top: string): readonly string[] {
  try {
    return readFileSync(join(top, "cgroup.controllers"), "latin1").split(/\s+/);
  } catch {
    return [];
  }
}

function notMounted(controller: Controller): string {
  return `no hierarchy of control groups with the controller ${controller} is mounted`;
}

/** The folders of one container while they are made. */
class Groups {
  readonly #name = `${PREFIX}${currentOwner()}-${randomBytes(6).toString("hex")}`;
  readonly #parent: string | undefined;
  readonly #hierarchies: readonly Hierarchy[];
  readonly #folders = new Map<Hierarchy, string>();
  readonly #failed = new Map<string, string[]>();

  constructor(parent: string | undefined, hierarchies: readonly Hierarchy[]) {
    this.#parent = parent;
    this.#hierarchies = hierarchies;
  }

  need(controller: Controller, limit: string): void {
    const hierarchy = hierarchyOf(controller, this.#hierarchies);
    const reason = hierarchy ? this.#make(hierarchy, [controller]) : notMounted(controller);
    if (reason !== undefined) this.#fail(reason, limit);
  }

  /** A parent's limits hold only for what is below it in its own hierarchy. */
  needAll(): void {
    const reasons = this.#hierarchies.map((hierarchy) => this.#make(hierarchy, []));
    const first = reasons.find((reason) => reason !== undefined);
    if (this.#folders.size === 0) this.#fail(first ?? "no control groups are mounted", "cgroup-parent");
  }

  apply({ controller, file, value, limit }: LimitFile): void {
    const hierarchy = hierarchyOf(controller, this.#hierarchies);
    const folder = hierarchy && this.#folders.get(hierarchy);
    if (folder === undefined) return;
    const outcome = writeControl(join(folder, file), value);
    if (outcome === "written") return;
    if (outcome === "missing") return this.#fail(`the kernel has no ${file}`, limit);
    throw new SlipwayError("LIMIT_REFUSED", `the kernel refuses the limit ${limit}: ${outcome.refused}`, {
      hint: "give a value that this machine has",
    });
  }

  finished(): ContainerCgroup {
    const folders = [...this.#folders.values()];
    return {
      joins: folders.map((folder) => join(folder, "cgroup.procs")),
      unenforced: [...this.#failed].map(([reason, limits]) => `${limits.join(", ")}: ${reason}`),
      oomKills: () => Math.max(0, ...folders.map(oomKillsIn)),
      remove: () => this.remove(),
    };
  }

  async remove(): Promise<void> {
    await Promise.all([...this.#folders.values()].map(removeGroup));
  }

  /** Why there is no group in that hierarchy; undefined where there is. */
  #make(hierarchy: Hierarchy, controllers: readonly Controller[]): string | undefined {
    const place = parentFolder(hierarchy, hierarchy.version === 2 ? controllers : [], this.#parent);
    if ("reason" in place) return place.reason;
    if (this.#folders.has(hierarchy)) return undefined;
    sweepGroups(place.folder);
    const folder = join(place.folder, this.#name);
    try {
      mkdirSync(folder);
    } catch (error) {
      return `no control group can be made in ${place.folder} (${systemErrorCode(error)})`;
    }
    this.#folders.set(hierarchy, folder);
    if (hierarchy.controllers.includes("cpuset")) inheritCpuset(folder, hierarchy.top);
    return undefined;
  }

  #fail(reason: string, limit: string): void {
    const name = limit.split("=", 1)[0]!;
    this.#failed.set(reason, [...(this.#failed.get(reason) ?? []), name]);
  }
}

/** In version 1 a new group may use no processor and no memory node, and takes no process, before it is told. */
function inheritCpuset(folder: string, top: string): void {
  const parent = dirname(folder);
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (read(join(folder, file)).trim() !== "") continue;
    if (parent !== top && read(join(parent, file)).trim() === "") inheritCpuset(parent, top);
    writeControl(join(folder, file), read(join(parent, file)).trim());
  }
}

/** `oom_kill` of memory.events (version 2, descendants included) or memory.oom_control (version 1). */
export function oomKillsIn(folder: string): number {
  const text = read(join(folder, "memory.events")) || read(join(folder, "memory.oom_control"));
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
