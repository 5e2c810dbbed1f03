import { existsSync } from "node:fs";
import { isActive } from "../container/container-record.ts";
import type { Container, ContainerStore } from "../container/container-store.ts";
import { askMonitor } from "../container/monitor-socket.ts";
import { removeAnonymous } from "../container/volume/volume-use.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { treeBytes } from "../store/tree-bytes.ts";
import type { Environment } from "./environment.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";
import { findContainer, withContainers } from "./with-containers.ts";

export interface RemoveOptions {
  /** Kills it first where it runs. */
  readonly force?: boolean;
  /** The volumes that were made for it go, too. */
  readonly volumes?: boolean;
}

export interface RemovedContainers {
  readonly ids: readonly string[];
  /** What they took of the disk; 0 where nobody asked for it. */
  readonly bytes: number;
}

/** Removes a container with all that it wrote. Throws `CONTAINER_NOT_FOUND`, and `CONTAINER_STATE` for one that runs. */
export async function removeContainer(
  name: string,
  options: RemoveOptions,
  environment: Environment,
): Promise<void> {
  const { id } = (await withContainers(environment, (containers) => containers.find(name))).record;
  // One that is just being started runs only after a while, and cannot be removed before.
  for (;;) {
    const container = await findContainer(id, environment);
    if (!container) return;
    if (isActive(container.state)) await end(container, options);
    const { ids } = await removeAll({ ids: [id], volumes: options.volumes ?? false }, environment);
    if (ids.includes(id)) return;
  }
}

async function end({ record, folder }: Container, { force }: RemoveOptions): Promise<void> {
  if (!force)
    throw new SlipwayError("CONTAINER_STATE", `cannot remove container "${record.name}": it is running`, {
      hint: `stop it first (slipway stop ${record.name}), or use --force`,
    });
  await askMonitor(folder, { kind: "stop", timeout: 0 });
}

/** Removes one that was never started. */
export async function removeCreated(id: string, environment: Environment): Promise<void> {
  await removeHere({ ids: [id], volumes: true }, environment);
}

/**
 * Starts a container. One that was made to remove itself is removed where that fails before there is a monitor that would do it, as
 * Docker has it.
 */
export async function orRemove<R>(id: string, environment: Environment, start: () => Promise<R>): Promise<R> {
  try {
    return await start();
  } catch (error) {
    const left = await findContainer(id, environment);
    if (left?.record.options.autoRemove && !isActive(left.state))
      await removeAll({ ids: [id], volumes: true }, environment);
    throw error;
  }
}

/** Removes every container that does not run (`container prune`). */
export async function pruneContainers(environment: Environment): Promise<RemovedContainers> {
  const all = await withContainers(environment, (containers) => containers.list());
  const ended = all.filter(({ state }) => !isActive(state));
  return removeAll({ ids: idsOf(ended), volumes: false, counts: true }, environment);
}

/** What a container wrote belongs to users that only its user namespace knows. */
async function removeAll(removal: Removal, environment: Environment): Promise<RemovedContainers> {
  const { ids } = removal;
  if (ids.length === 0) return { ids, bytes: 0 };
  const hasFiles = await withContainers(environment, (containers) =>
    ids.map((id) => containers.folder(id)).some(({ upper, tree }) => existsSync(upper) || existsSync(tree)),
  );
  if (environment.uid === 0 || !hasFiles || !userNamespaceAvailable(environment).available)
    return removeHere(removal, environment);
  const call = { operation: "remove-containers", options: removal, environment };
  return (await inUserNamespace(call)) as RemovedContainers;
}

export interface Removal {
  readonly ids: readonly string[];
  /** With the volumes that were made for them; for those that remove themselves always. */
  readonly volumes: boolean;
  /** Looks at every file first, to tell how much was freed. */
  readonly counts?: boolean;
}

/** The same in this process. One that was started meanwhile is left alone. */
export function removeHere(removal: Removal, environment: Environment): Promise<RemovedContainers> {
  return withContainers(environment, async (containers) => {
    const removed: string[] = [];
    let bytes = 0;
    for (const id of removal.ids) {
      const size = await removeOne(containers, id, removal);
      if (size === undefined) continue;
      removed.push(id);
      bytes += size;
    }
    return { ids: removed, bytes };
  });
}

async function removeOne(
  containers: ContainerStore,
  id: string,
  { volumes, counts }: Omit<Removal, "ids">,
): Promise<number | undefined> {
  const release = await containers.lock(id);
  if (!release) return undefined;
  try {
    const container = containers.find(id);
    const bytes = counts ? await treeBytes(container.folder.path) : 0;
    await containers.remove(container);
    if (volumes || container.record.options.autoRemove) await removeAnonymous(container.record, containers);
    return bytes;
  } catch (error) {
    // Its own monitor, or somebody else, was faster.
    if (isSlipwayError(error, "CONTAINER_NOT_FOUND")) return undefined;
    throw error;
  } finally {
    release();
  }
}

/** Removes what was to be removed at its end, and whose monitor was killed before that. */
export async function removePassed(environment: Environment): Promise<void> {
  const passed = await withContainers(environment, (containers) =>
    containers.passing().filter(({ state }) => state.status === "exited" && state.isKept !== true),
  );
  await removeAll({ ids: idsOf(passed), volumes: false }, environment);
}

function idsOf(containers: readonly Container[]): readonly string[] {
  return containers.map(({ record }) => record.id);
}
