import { realpathSync, type StatOptions, statSync } from "node:fs";
import { join } from "node:path";
import { SlipwayError, systemErrorCode } from "../../core/errors.ts";
import type { ContainerMount, MountSource } from "../../runtime/request.ts";
import type { MountTarget } from "../../snapshot/stubs.ts";
import { requireSource } from "./made-volumes.ts";
import type { BindRequest, MountRequest, VolumeRequest } from "./mount-request.ts";
import type { Volume, VolumeStore } from "./volume-store.ts";

/** A mount whose target is still to be resolved inside the image. */
export interface PlannedMount {
  readonly target: MountTarget;
  /** `target` is absolute and has no link in it. */
  at(target: string): ContainerMount;
}

/**
 * What a container's mounts show on this machine, for one start. A volume that somebody removed by hand is made again. Throws
 * `MOUNT_SOURCE_MISSING`, `USAGE`.
 */
export function mountPlaces(
  requests: readonly MountRequest[],
  volumes: VolumeStore,
): readonly PlannedMount[] {
  return requests.map((request) => {
    switch (request.type) {
      case "bind":
        return bindPlace(request);
      case "volume":
        return volumePlace(request, volumes);
      case "tmpfs": {
        const { target: path, readOnly, options } = request;
        return {
          target: { path, type: "dir" },
          at: (target) => ({ type: "tmpfs", target, readOnly, options }),
        };
      }
      default:
        return request satisfies never;
    }
  });
}

function bindPlace(request: BindRequest): PlannedMount {
  requireSource(request);
  const { source: path, target, readOnly, isSingle } = request;
  return {
    target: { path: target, type: isFolder(path) ? "dir" : "file" },
    at: (resolved) => ({
      ...{ type: "bind", target: resolved, source: { kind: "path", path }, readOnly },
      ...(isSingle ? { isSingle } : {}),
    }),
  };
}

function volumePlace(request: VolumeRequest, volumes: VolumeStore): PlannedMount {
  const { name, target, readOnly, noCopy, subpath } = request;
  const volume = volumes.create(name, { anonymous: request.anonymous });
  const source = subpath === undefined ? rootOf(volume) : placeBelow(volume, subpath);
  return {
    target: { path: target, type: isFolder(source.path) ? "dir" : "file" },
    at: (resolved) => ({
      ...{ type: "bind", target: resolved, source, readOnly },
      ...(noCopy || subpath !== undefined ? {} : { seed: { mark: volume.seeding } }),
    }),
  };
}

type PathSource = Extract<MountSource, { kind: "path" }>;

function rootOf({ data }: Volume): PathSource {
  return { kind: "path", path: data };
}

/** Containers may have put links into the volume, and may do so while it is being mounted: the file that was found is the one that counts. */
function placeBelow({ name, data }: Volume, subpath: string): PathSource {
  const root = realpathSync(data);
  try {
    const path = realpathSync(join(root, subpath));
    if (path !== root && !path.startsWith(`${root}/`))
      throw new SlipwayError("USAGE", `${JSON.stringify(subpath)} leads out of the volume ${name}`);
    const { dev: device, ino: inode } = statSync(path, { bigint: true } satisfies StatOptions);
    return { kind: "path", path, ...(isFolder(path) ? { identity: { device, inode } } : {}) };
  } catch (cause) {
    if (systemErrorCode(cause) !== "ENOENT") throw cause;
    throw new SlipwayError(
      "MOUNT_SOURCE_MISSING",
      `there is no ${JSON.stringify(subpath)} in the volume ${name}`,
      {
        cause,
        hint: "a path below a volume has to be there before it can be mounted",
      },
    );
  }
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}
