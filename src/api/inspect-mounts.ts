import { join } from "node:path";
import type { ContainerRecord } from "../container/container-record.ts";
import type { MountRequest } from "../container/volume/mount-request.ts";

/** Mounts as `docker inspect` shows them. `volumes` is the folder of all volumes. */
export function mountDocuments({ mounts }: ContainerRecord, volumes: string) {
  return mounts.map((mount) => mountDocument(mount, volumes));
}

function mountDocument(mount: MountRequest, volumes: string) {
  const { type: Type, target: Destination, readOnly } = mount;
  const rest = { Destination, Mode: readOnly ? "ro" : "", RW: !readOnly };
  switch (mount.type) {
    case "bind":
      return { Type, Source: mount.source, ...rest, Propagation: "rprivate" };
    case "volume": {
      const Name = mount.name ?? "";
      const Source = join(volumes, Name, "data", mount.subpath ?? "");
      return { Type, Name, Source, ...rest, Driver: "local", Propagation: "" };
    }
    case "tmpfs":
      return { Type, Source: "", ...rest, Propagation: "" };
    default:
      return mount satisfies never;
  }
}
