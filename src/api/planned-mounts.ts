import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ContainerStore } from "../container/container-store.ts";
import type { MountRequest } from "../container/volume/mount-request.ts";
import { plannedMounts as requestedMounts } from "../container/volume/planned-mounts.ts";
import { isSlipwayError } from "../core/errors.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { ForeseenMount } from "../preflight/container-files.ts";
import type { PreflightOptions } from "./preflight-options.ts";

type Containers = Pick<ContainerStore, "find" | "volumes">;

/** The mounts that a container will have, looked at and not made; the anonymous volumes of its image are among them. */
export function plannedMounts(
  options: PreflightOptions,
  at: { readonly cwd: string; readonly image: ContainerConfig; readonly containers: Containers },
): readonly ForeseenMount[] {
  const { cwd, image, containers } = at;
  const requests = requestedMounts(options, {
    cwd,
    imageVolumes: Object.keys(image.Volumes ?? {}),
    mountsOf: (name) => containers.find(name).record.mounts,
  });
  return requestedPlaces(requests, containers);
}

/** The same for mounts whose volumes are chosen already. */
export function requestedPlaces(
  requests: readonly MountRequest[],
  containers: Pick<Containers, "volumes">,
): readonly ForeseenMount[] {
  return requests.map((request) => ({
    target: request.target,
    readOnly: request.readOnly,
    from: sourceOf(request, containers),
  }));
}

function sourceOf(request: MountRequest, { volumes }: Pick<Containers, "volumes">): ForeseenMount["from"] {
  switch (request.type) {
    case "bind":
      return { kind: "host", path: request.source };
    case "tmpfs":
      return emptyFolder(request.options);
    case "volume": {
      const data = request.name === undefined ? undefined : dataOf(request.name, volumes);
      if (data === undefined) return request.noCopy ? emptyFolder(["mode=755"]) : { kind: "image" };
      return { kind: "host", path: join(data, request.subpath ?? "") };
    }
    default:
      return request satisfies never;
  }
}

/** The root of a tmpfs that is mounted with these options (tmpfs(5)). */
function emptyFolder(options: readonly string[]): ForeseenMount["from"] {
  const valueOf = (name: string) =>
    options.findLast((option) => option.startsWith(`${name}=`))?.split("=")[1];
  return {
    kind: "empty",
    mode: Number.parseInt(valueOf("mode") ?? "1777", 8),
    uid: Number(valueOf("uid") ?? 0),
    gid: Number(valueOf("gid") ?? 0),
  };
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
