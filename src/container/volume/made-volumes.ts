import { existsSync } from "node:fs";
import { describeSystemError, SlipwayError } from "../../core/errors.ts";
import { makeFolders } from "../../sys/make-folders.ts";
import type { BindRequest, MountRequest, VolumeRequest } from "./mount-request.ts";
import type { Volume, VolumeStore } from "./volume-store.ts";

/** Mounts whose volumes are there. */
export interface MadeMounts {
  readonly mounts: readonly MountRequest[];
  /** Removes the volumes again that were made for it: the container has not come to be. */
  undo(): Promise<void>;
}

/**
 * Makes the volumes that mounts name, gives anonymous ones their names, and looks whether the sources of binds are there
 * (SPEC DR-08). For whoever holds `VolumeStore.exclusively`. Throws `MOUNT_SOURCE_MISSING`, `USAGE`.
 */
export async function makeVolumes(
  requests: readonly MountRequest[],
  volumes: VolumeStore,
): Promise<MadeMounts> {
  const made: Volume[] = [];
  const undo = async (): Promise<void> => {
    for (const volume of made) await volumes.remove(volume);
  };
  const make = (request: VolumeRequest): VolumeRequest => {
    const isThere = request.name !== undefined && volumes.has(request.name);
    const volume = volumes.create(request.name, { labels: request.labels ?? {} });
    if (!isThere) made.push(volume);
    return { ...request, name: volume.name };
  };
  try {
    for (const request of requests) if (request.type === "bind") requireSource(request);
    const mounts = requests.map((request) => (request.type === "volume" ? make(request) : request));
    return { mounts, undo };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** A folder is made where `-v` names one that is not there. Throws `MOUNT_SOURCE_MISSING`, `USAGE`. */
export function requireSource({ source, makesSource }: BindRequest): void {
  if (existsSync(source)) return;
  if (!makesSource)
    throw new SlipwayError("MOUNT_SOURCE_MISSING", `the source of a mount does not exist: ${source}`, {
      hint: "make it first, or use -v, which makes a folder",
    });
  try {
    makeFolders(source);
  } catch (error) {
    const described = describeSystemError(error, `making the folder ${source} for a mount`);
    if (described instanceof SlipwayError) throw described;
    throw new SlipwayError(
      "USAGE",
      `cannot make the folder ${source} for a mount: ${(error as Error).message}`,
      {
        cause: error,
        hint: "give a path that exists, or one where a folder can be made",
      },
    );
  }
}
