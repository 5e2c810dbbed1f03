import type { ContainerRecord } from "../container-record.ts";
import type { ContainerStore } from "../container-store.ts";

type Containers = Pick<ContainerStore, "list" | "volumes">;

/** Names of volumes with the containers that have them mounted, running or not. */
export function volumeUsers(
  containers: Pick<ContainerStore, "list">,
): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const { record } of containers.list())
    for (const mount of record.mounts)
      if (mount.type === "volume" && mount.name !== undefined)
        users.set(mount.name, [...(users.get(mount.name) ?? []), record.name]);
  return users;
}

/** Removes the volumes that were made for a container which is gone, unless another container has taken them over (`--volumes-from`). */
export async function removeAnonymous(
  { mounts }: Pick<ContainerRecord, "mounts">,
  containers: Containers,
): Promise<void> {
  const names = mounts.flatMap((mount) =>
    mount.type === "volume" && mount.anonymous && mount.name !== undefined ? [mount.name] : [],
  );
  if (names.length === 0) return;
  await containers.volumes.exclusively(async () => {
    const users = volumeUsers(containers);
    for (const name of names) if (!users.has(name)) await containers.volumes.remove({ name });
  });
}
