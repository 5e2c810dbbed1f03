import { SlipwayError } from "../../core/errors.ts";
import { printableName } from "../../core/file-name.ts";
import { parseMountFlag } from "./mount-flag.ts";
import { type MountRequest, mountTarget } from "./mount-request.ts";
import { parseTmpfsFlag } from "./tmpfs-flag.ts";
import { parseVolumeFlag } from "./volume-flag.ts";

/** What a command line and an image say of a container's mounts. */
export interface MountFlags {
  /** As `-v` writes them. */
  readonly volumes?: readonly string[];
  /** As `--mount` writes them. */
  readonly mounts?: readonly string[];
  /** As `--tmpfs` writes them. */
  readonly tmpfs?: readonly string[];
  /** `container[:ro|rw]` each. */
  readonly volumesFrom?: readonly string[];
}

export interface MountSurroundings {
  /** Relative paths begin here. */
  readonly cwd: string;
  /** VOLUME of the image. */
  readonly imageVolumes: readonly string[];
  /** The mounts of another container. Throws `CONTAINER_NOT_FOUND`. */
  readonly mountsOf: (container: string) => readonly MountRequest[];
}

/**
 * All mounts of a container, one for each target: those of other containers, over them those of the command line, and an anonymous volume
 * for every VOLUME that nothing else is mounted on (SPEC DR-08). Makes nothing. Throws `USAGE`, `CONTAINER_NOT_FOUND`.
 */
export function plannedMounts(flags: MountFlags, at: MountSurroundings): readonly MountRequest[] {
  const own = [
    ...(flags.volumes ?? []).map((text) => parseVolumeFlag(text, at.cwd)),
    ...(flags.mounts ?? []).map((text) => parseMountFlag(text, at.cwd)),
    ...(flags.tmpfs ?? []).map(parseTmpfsFlag),
  ];
  refuseDoubles(own);
  const all = new Map<string, MountRequest>();
  for (const text of flags.volumesFrom ?? [])
    for (const mount of inherited(text, at)) all.set(mount.target, mount);
  for (const mount of own) all.set(mount.target, mount);
  for (const path of at.imageVolumes) {
    const target = mountTarget(path.startsWith("/") ? path : `/${path}`, path);
    if (!all.has(target)) all.set(target, { type: "volume", target, readOnly: false, anonymous: true });
  }
  return [...all.values()];
}

function refuseDoubles(mounts: readonly MountRequest[]): void {
  const targets = new Set<string>();
  for (const { target } of mounts) {
    if (targets.has(target))
      throw new SlipwayError("USAGE", `duplicate mount point: ${printableName(target)}`);
    targets.add(target);
  }
}

/** Files and volumes of another container; a tmpfs is each container's own. */
function inherited(text: string, { mountsOf }: MountSurroundings): readonly MountRequest[] {
  const colon = text.lastIndexOf(":");
  const [name, mode] = colon < 0 ? [text, "rw"] : [text.slice(0, colon), text.slice(colon + 1)];
  if (mode !== "ro" && mode !== "rw")
    throw new SlipwayError("USAGE", `invalid mode ${JSON.stringify(mode)} in ${JSON.stringify(text)}`, {
      hint: "write --volumes-from container, or container:ro",
    });
  return mountsOf(name)
    .filter(({ type }) => type !== "tmpfs")
    .map((mount) => ({ ...mount, readOnly: mount.readOnly || mode === "ro" }));
}
