import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { Platform } from "../core/platform.ts";
import type { Resources } from "../runtime/request.ts";
import type { HealthOptions } from "./health-check.ts";
import type { RestartPolicy } from "./restart-policy.ts";

/** `private` is a network of the container's own that it shares with others; `container:` is that of another, by name or id. */
export type NetworkMode = "host" | "none" | "private" | `container:${string}`;

/** All that a command line says of a container. Plain data: it is kept in the container's record and counts at every start. */
export interface ContainerOptions {
  /** Name or id, as it was written. */
  readonly image: string;
  readonly args?: readonly string[];
  readonly entrypoint?: string;
  readonly env?: readonly string[];
  readonly unsetEnv?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  /** Further groups, by name or number. */
  readonly groupAdd?: readonly string[];
  readonly tty?: boolean;
  /** Standard input goes to the process. */
  readonly interactive?: boolean;
  readonly hostname?: string;
  /** `source:target[:ro]`, `name:target[:ro,nocopy]` or `target`, as `-v` writes them. */
  readonly volumes?: readonly string[];
  /** `type=bind,source=...,target=...`, as `--mount` writes them. */
  readonly mounts?: readonly string[];
  /** `target[:options]` */
  readonly tmpfs?: readonly string[];
  /** `container[:ro]`: what that container has mounted is mounted here, too. */
  readonly volumesFrom?: readonly string[];
  /** Default `host`, and `private` where ports are published or an alias is given. */
  readonly network?: NetworkMode;
  /** Further names by which containers of the private network find this one. */
  readonly networkAliases?: readonly string[];
  /** `[[ip:]host[-range]:]container[-range][/protocol]` */
  readonly publish?: readonly string[];
  /** Every exposed port is published, at a port that is free. */
  readonly publishAll?: boolean;
  /** `port[-range][/protocol]` beside those of the image. */
  readonly expose?: readonly string[];
  /** Name servers, search domains and options of /etc/resolv.conf, instead of the machine's. */
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly addHosts?: readonly { readonly host: string; readonly ip: string }[];
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly shmSize?: number;
  /** Ignored with a warning where the machine does not let us enforce them. */
  readonly resources?: Resources;
  readonly cgroupParent?: string;
  readonly readOnly?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly platform?: Platform;
  readonly runtime?: string;
  /** The container is removed when it ends. */
  readonly autoRemove?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** Name or number; default the image's, else SIGTERM. */
  readonly stopSignal?: string;
  /** Seconds between that and SIGKILL, -1 for never; default 10. */
  readonly stopTimeout?: number;
  /** An init in front of the command, which forwards signals and reaps what is left behind. */
  readonly init?: boolean;
  readonly health?: HealthOptions;
  readonly restart?: RestartPolicy;
  /** false: the contract that the image has is not checked, at no start. */
  readonly preflight?: boolean;
}

export const DEFAULT_STOP_SECONDS = 10;

/** A working directory on a command line is an absolute path, as Docker has it. Throws `USAGE`. */
export function requireAbsolute(workdir: string | undefined): void {
  if (!workdir || workdir.startsWith("/")) return;
  throw new SlipwayError(
    "USAGE",
    `the working directory "${printableName(workdir)}" is invalid: it needs to be an absolute path`,
  );
}
