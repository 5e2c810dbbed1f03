import { join } from "node:path";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { Owner } from "../store/owner.ts";
import type { ContainerOptions } from "./container-options.ts";
import type { HealthState } from "./health-state.ts";
import type { BoundPort } from "./network/published-port.ts";
import type { MountRequest } from "./volume/mount-request.ts";

/** What a container is: written when it is made. Only its name may change later. */
export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly image: {
    readonly name: string;
    readonly id: Digest;
    /** Keeps the image from being collected. */
    readonly manifest: Descriptor;
    /** The image's configuration, which is looked at long after its names are gone. */
    readonly config: ContainerConfig;
  };
  /** Relative paths of the options begin here. */
  readonly cwd: string;
  readonly options: ContainerOptions;
  /** What is mounted, with volumes that are there. */
  readonly mounts: readonly MountRequest[];
}

export type ContainerStatus = "created" | "running" | "restarting" | "exited";

/** How a container is: written by its monitor, as long as there is one. */
export interface ContainerState {
  readonly status: ContainerStatus;
  /** The process that looks after it; without it nothing of the container is left. */
  readonly monitor?: Owner;
  /** Its first process. */
  readonly process?: Owner;
  /** See `RunningContainer`. */
  readonly holder?: Owner;
  readonly join?: readonly string[];
  readonly exitCode: number;
  /** RFC 3339. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly oomKilled?: boolean;
  /** Why it could not be started, or how it was lost. */
  readonly error?: string;
  /** Restarts in a row by the restart policy. */
  readonly restartCount: number;
  /** Somebody stopped it: the restart policy leaves it alone. */
  readonly isStopped?: boolean;
  /** It was made to remove itself, and is not to: somebody is about to start it again. */
  readonly isKept?: boolean;
  readonly health?: HealthState;
  /** Of a container on the private network. */
  readonly network?: NetworkState;
}

export interface NetworkState {
  readonly address: string;
  readonly ports: readonly BoundPort[];
}

export const NEW_STATE: ContainerState = { status: "created", exitCode: 0, restartCount: 0 };

/** The files of one container. */
export class ContainerFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get record(): string {
    return join(this.path, "config.json");
  }
  get state(): string {
    return join(this.path, "state.json");
  }
  get log(): string {
    return join(this.path, "log");
  }
  /** What the container wrote, as overlayfs keeps it. */
  get upper(): string {
    return join(this.path, "rootfs");
  }
  /** The whole root filesystem, where it is not an overlay. */
  get tree(): string {
    return join(this.path, "tree");
  }
  /** What one run of it needs. */
  get scratch(): string {
    return join(this.path, "run");
  }
  get monitorLog(): string {
    return join(this.path, "monitor.log");
  }
}

export const MONITOR_SOCKET = "monitor.sock";

/** Whether it runs, or is about to run again by itself. */
export function isActive({ status }: Pick<ContainerState, "status">): boolean {
  return status === "running" || status === "restarting";
}
