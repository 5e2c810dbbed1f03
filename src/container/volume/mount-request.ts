import { posix } from "node:path";
import { SlipwayError } from "../../core/errors.ts";

/** A mount as a command line asks for it. Plain data: it is kept in the container's record. */
export type MountRequest = BindRequest | VolumeRequest | TmpfsRequest;

export interface BindRequest {
  readonly type: "bind";
  /** Absolute. */
  readonly source: string;
  /** Absolute, without `.`, `..` or a slash at its end. */
  readonly target: string;
  readonly readOnly: boolean;
  /** A source that is missing becomes a folder (`-v`), or is an error (`--mount`; SPEC DR-08). */
  readonly makesSource: boolean;
  /** What is mounted below the source is not shown. */
  readonly isSingle?: boolean;
}

export interface VolumeRequest {
  readonly type: "volume";
  /** Absent for an anonymous one that is still to be made. */
  readonly name?: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly anonymous: boolean;
  /** Stays empty where the image has something. */
  readonly noCopy?: boolean;
  /** A path below the volume's root that is mounted instead of it. */
  readonly subpath?: string;
  /** For a volume that is made. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TmpfsRequest {
  readonly type: "tmpfs";
  readonly target: string;
  readonly readOnly: boolean;
  /** As mount(8) takes them. */
  readonly options: readonly string[];
}

/** A path inside a container, in the one form in which targets are compared. Throws `USAGE`. */
export function mountTarget(path: string, text: string): string {
  if (!path.startsWith("/"))
    throw new SlipwayError("USAGE", `invalid mount path ${JSON.stringify(path)} in ${JSON.stringify(text)}`, {
      hint: "a path inside a container begins with /",
    });
  const normal = posix.normalize(path).replace(/(?<=.)\/+$/, "");
  if (normal !== "/") return normal;
  throw new SlipwayError("USAGE", `${JSON.stringify(text)} is mounted over the root of the container`, {
    hint: "give a folder below /",
  });
}

/** Words for a propagation that a mount namespace of the container's own can have, and for what other systems need. */
export const IGNORED_MODES: ReadonlySet<string> = new Set([
  "private",
  "rprivate",
  "cached",
  "delegated",
  "consistent",
  "default",
]);

/** Mounts of a running container neither come from the machine later, nor reach it. */
export const PROPAGATIONS: ReadonlySet<string> = new Set(["shared", "rshared", "slave", "rslave"]);

/** Throws `USAGE` for a propagation that cannot be had. */
export function refusePropagation(mode: string, text: string): never {
  throw new SlipwayError("USAGE", `mount propagation ${mode} in ${JSON.stringify(text)} cannot be had`, {
    hint: "everything of a container is mounted in a namespace of its own, which ends with it: use rprivate",
  });
}
