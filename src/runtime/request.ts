import type { Rootfs } from "../snapshot/rootfs.ts";
import type { Workdir } from "../snapshot/workdir.ts";
import type { DeviceNode } from "./cdi/device-edits.ts";
import type { Seed } from "./seed-volume.ts";
import type { ContainerUser } from "./users.ts";

/** One process in a container: everything is decided, nothing is looked up any more. */
export interface ContainerRequest {
  /** Unique on this machine; letters, digits, `-`, `_` and `.` only. */
  readonly id: string;
  /** A directory of this container alone, on the disk of the store; may hold the root filesystem's own files. */
  readonly scratch: string;
  readonly rootfs: Rootfs;
  readonly argv: readonly string[];
  /** `NAME=value`; a later one of the same name wins. HOME is added from `user` where it is not among them (SPEC RN-04). */
  readonly env: readonly string[];
  /** No variable's value may reach a disk, in no file of the runtime either (SPEC MT-14). */
  readonly envHoldsSecrets?: boolean;
  readonly workdir: Workdir;
  readonly user: ContainerUser;
  readonly hostname: string;
  readonly network: Network;
  readonly security: "sandbox" | "insecure";
  /** In any order; mounted parents first (SPEC MT-06). */
  readonly mounts: readonly ContainerMount[];
  /** Bytes of /dev/shm; default 64 MiB. */
  readonly shmSize?: number;
  readonly ulimits?: readonly Ulimit[];
  /** The process gets a terminal of its own; needs `interactive` and a terminal at our stdin. */
  readonly terminal?: boolean;
  readonly readOnlyRoot?: boolean;
  /** Added to and taken from the default set; `ALL` stands for every one. */
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  readonly noNewPrivileges?: boolean;
  /** Limits; enforced where the machine lets us have a control group (`RunContainerOptions.onWarning` tells where not). */
  readonly resources?: Resources;
  /** Path below the top of the control groups, under which the container's own is made (SPEC RN-11). */
  readonly cgroupParent?: string;
}

/** `none` has a loopback interface only; `host` is the machine's own network. */
export type Network = "none" | "host" | JoinedNetwork;

/** A network namespace that is there already, owned by the user namespace that we are in. */
export interface JoinedNetwork {
  /** Such as /proc/1234/ns/net. */
  readonly namespace: string;
}

export interface Ulimit {
  /** Lower case, without RLIMIT_: `nofile`. */
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** Limits of a container; what is absent is not limited. */
export interface Resources {
  /** Bytes. */
  readonly memory?: number;
  /** Bytes of memory and swap together; -1 is without limit. Goes with `memory`. */
  readonly memorySwap?: number;
  /** Relative weight, 1024 by default. */
  readonly cpuShares?: number;
  /** Microseconds of processor time in each `cpuPeriod`. */
  readonly cpuQuota?: number;
  /** Microseconds; 100000 by default. */
  readonly cpuPeriod?: number;
  /** Processors that may be used: `0-2,7`. */
  readonly cpusetCpus?: string;
  /** Memory nodes that may be used. */
  readonly cpusetMems?: string;
  /** Processes and threads. */
  readonly pidsLimit?: number;
}

/** `target` is absolute and resolved (`planStubs`). No other mount than a device's lets device files be opened, whatever it holds. */
export type ContainerMount =
  | {
      readonly type: "bind";
      readonly target: string;
      readonly source: MountSource;
      readonly readOnly: boolean;
      /** Writes are allowed and lost at the end (SPEC MT-04); goes with `readOnly: false`. */
      readonly discardWrites?: boolean;
      /** What is mounted below the source is not shown. */
      readonly isSingle?: boolean;
      /** The source is a volume, which is filled first where it is empty. */
      readonly seed?: Seed;
    }
  /** `size` in bytes; unlimited where absent. `options` as mount(8) takes them; a later one wins. */
  | {
      readonly type: "tmpfs";
      readonly target: string;
      readonly size?: number;
      readonly mode?: number;
      readonly readOnly?: boolean;
      readonly options?: readonly string[];
    }
  /** Bytes that never touch a disk, on a tmpfs of their own (SPEC MT-14). */
  | {
      readonly type: "secret";
      readonly target: string;
      readonly data: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  /** A device file that the container may open. */
  | { readonly type: "device"; readonly target: string; readonly node: DeviceNode }
  /** A file with given content: /etc/hosts, /etc/resolv.conf. What is written to it is gone with the container's run. */
  | {
      readonly type: "file";
      readonly target: string;
      readonly content: string | Uint8Array;
      readonly mode: number;
      /** Default false. */
      readonly isWritable?: boolean;
    };

/**
 * Which file a path was found to be. Where other processes can write on the way to it, the mount is compared with this before
 * anything starts: whoever puts a link there in the meantime gets an error, not a folder of the host (CVE-2024-23651's kin).
 */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** What a bind mount shows. Paths have been resolved by the caller inside the tree that they belong to. */
export type MountSource =
  | { readonly kind: "path"; readonly path: string; readonly identity?: FileIdentity }
  /** A stack of snapshots, bottom first, and a resolved path relative to its root (`""` is the root). */
  | { readonly kind: "layers"; readonly lowers: readonly string[]; readonly path: string };

/** What differs between a real root user and one inside a user namespace (DESIGN decision 7). */
export interface Privilege {
  readonly userNamespace: boolean;
  readonly xattrPrefix: "trusted.overlay." | "user.overlay.";
}

export const REAL_ROOT: Privilege = Object.freeze({
  userNamespace: false,
  xattrPrefix: "trusted.overlay.",
});

export const NAMESPACE_ROOT: Privilege = Object.freeze({
  userNamespace: true,
  xattrPrefix: "user.overlay.",
});
