import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ContainerStore } from "../container/container-store.ts";
import type { MountRequest } from "../container/volume/mount-request.ts";
import { plannedMounts as requestedMounts } from "../container/volume/planned-mounts.ts";
import { isSlipwayError } from "../core/errors.ts";
import type { PlannedMount } from "../preflight/container-files.ts";
import type { PreflightOptions } from "./preflight-options.ts";

type Containers = Pick<ContainerStore, "find" | "volumes">;

/** The mounts of a command line, looked at and not made. Anonymous volumes of the image are none of somebody's choice. */
export function plannedMounts(
  options: PreflightOptions,
  cwd: string,
  containers: Containers,
): readonly PlannedMount[] {
  const requests = requestedMounts(options, {
    cwd,
    imageVolumes: [],
    mountsOf: (name) => containers.find(name).record.mounts,
  });
  return requests.map((request) => ({
    target: request.target,
    readOnly: request.readOnly,
    from: sourceOf(request, containers),
  }));
}

function sourceOf(request: MountRequest, { volumes }: Containers): PlannedMount["from"] {
  switch (request.type) {
    case "bind":
      return { kind: "host", path: request.source };
    case "tmpfs":
      return { kind: "tmpfs" };
    case "volume": {
      const data = request.name === undefined ? undefined : dataOf(request.name, volumes);
      if (data === undefined) return { kind: "image" };
      return { kind: "host", path: join(data, request.subpath ?? "") };
    }
    default:
      return request satisfies never;
  }
}

/** Undefined for a volume that is still to be made, or to be filled. */
function dataOf(name: string, volumes: ContainerStore["volumes"]): string | undefined {
  try {
    const { data } = volumes.find(name);
    return statSync(data).isDirectory() && readdirSync(data).length === 0 ? undefined : data;
  } catch (error) {
    if (isSlipwayError(error, "VOLUME_NOT_FOUND")) return undefined;
    // Only its user namespace may look into it, so it is not empty for us to say.
    return volumes.find(name).data;
  }
}
