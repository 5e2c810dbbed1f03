import type { ContainerStore } from "../container/container-store.ts";
import type { Volume } from "../container/volume/volume-store.ts";
import { volumeUsers } from "../container/volume/volume-use.ts";
import { SlipwayError } from "../core/errors.ts";
import { treeBytes } from "../store/tree-bytes.ts";
import type { Environment } from "./environment.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";
import { withContainers } from "./with-containers.ts";

/** What `docker volume inspect` shows, as far as it means something here. Names are Docker's. */
export interface VolumeInspect {
  readonly CreatedAt: string;
  readonly Driver: "local";
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: null;
  readonly Scope: "local";
  readonly Anonymous: boolean;
}

export interface VolumeSummary {
  readonly document: VolumeInspect;
  /** Names of containers that have it mounted, running or not. */
  readonly users: readonly string[];
}

/** Makes a volume; one of that name stays as it is. Gives its name. Throws `USAGE`. */
export function createVolume(
  name: string | undefined,
  labels: Readonly<Record<string, string>>,
  environment: Environment,
): Promise<string> {
  return withContainers(environment, ({ volumes }) =>
    volumes.exclusively(() => volumes.create(name, { labels, anonymous: name === undefined }).name),
  );
}

/** By name. `filters`: `name=`, `label=`, `dangling=`, `driver=`. Throws `USAGE`. */
export function listVolumes(filters: readonly string[], environment: Environment): Promise<VolumeSummary[]> {
  const tests = filters.map(volumeTest);
  return withContainers(environment, (containers) => {
    const all = containers.volumes.list();
    const users = volumeUsers(containers);
    const found = all.map((volume) => ({ volume, users: users.get(volume.name) ?? [] }));
    return found
      .filter((each) => tests.every((isFitting) => isFitting(each)))
      .map((each) => ({ document: volumeDocument(each.volume), users: each.users }));
  });
}

/** Throws `VOLUME_NOT_FOUND`. */
export function inspectVolume(name: string, environment: Environment): Promise<VolumeInspect> {
  return withContainers(environment, ({ volumes }) => volumeDocument(volumes.find(name)));
}

export interface RemovedVolumes {
  readonly names: readonly string[];
  readonly bytes: number;
}

export type VolumeRemoval =
  | { readonly kind: "one"; readonly name: string }
  /** Those that no container has: anonymous ones, or all. */
  | { readonly kind: "unused"; readonly all: boolean; readonly filters: readonly string[] };

/**
 * Removes volumes with their data. Throws `VOLUME_NOT_FOUND`, and `VOLUME_IN_USE` for one that a container has mounted, running or not.
 * What is in them may belong to users that only a user namespace knows.
 */
export async function removeVolumes(
  removal: VolumeRemoval,
  environment: Environment,
): Promise<RemovedVolumes> {
  const needsNamespace = environment.uid !== 0 && userNamespaceAvailable(environment).available;
  if (!needsNamespace) return removeVolumesHere(removal, environment);
  return (await inUserNamespace({
    operation: "remove-volumes",
    options: removal,
    environment,
  })) as RemovedVolumes;
}

/** The same in this process. */
export function removeVolumesHere(removal: VolumeRemoval, environment: Environment): Promise<RemovedVolumes> {
  const tests = removal.kind === "unused" ? removal.filters.map(volumeTest) : [];
  return withContainers(environment, (containers) =>
    containers.volumes.exclusively(async () => {
      const users = volumeUsers(containers);
      if (removal.kind === "one") return removeAll([usable(removal.name, containers, users)], containers);
      const unused = containers.volumes
        .list()
        .filter(({ name, anonymous }) => !users.has(name) && (anonymous || removal.all))
        .filter((volume) => tests.every((isFitting) => isFitting({ volume, users: [] })));
      return removeAll(unused, containers);
    }),
  );
}

function usable(
  name: string,
  { volumes }: ContainerStore,
  users: ReadonlyMap<string, readonly string[]>,
): Volume {
  const volume = volumes.find(name);
  const by = users.get(name);
  if (!by) return volume;
  throw new SlipwayError("VOLUME_IN_USE", `the volume ${name} is in use by ${by.join(", ")}`, {
    hint: `remove the container first (slipway rm ${by[0]})`,
  });
}

async function removeAll(list: readonly Volume[], { volumes }: ContainerStore): Promise<RemovedVolumes> {
  let bytes = 0;
  for (const volume of list) {
    bytes += await treeBytes(volume.data);
    await volumes.remove(volume);
  }
  return { names: list.map(({ name }) => name), bytes };
}

interface Candidate {
  readonly volume: Volume;
  readonly users: readonly string[];
}

function volumeTest(text: string): (candidate: Candidate) => boolean {
  const at = text.indexOf("=");
  const [key, value] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  switch (key) {
    case "name":
      return ({ volume }) => volume.name.includes(value);
    case "driver":
      return () => value === "local";
    case "dangling":
      return ({ users }) => (users.length === 0) === /^(1|true|t)$/i.test(value);
    case "label": {
      const split = value.indexOf("=");
      const [label, wanted] = split < 0 ? [value] : [value.slice(0, split), value.slice(split + 1)];
      return ({ volume: { labels } }) =>
        Object.hasOwn(labels, label) && (wanted === undefined || labels[label] === wanted);
    }
    default:
      throw new SlipwayError("USAGE", `invalid filter ${JSON.stringify(text)}`, {
        hint: "known: dangling, driver, label, name",
      });
  }
}

function volumeDocument({ name, created, labels, data, anonymous }: Volume): VolumeInspect {
  return {
    CreatedAt: created,
    Driver: "local",
    Labels: Object.keys(labels).length > 0 ? labels : null,
    Mountpoint: data,
    Name: name,
    Options: null,
    Scope: "local",
    Anonymous: anonymous,
  };
}
