import type { NetworkMode } from "../container/container-options.ts";
import type { Platform } from "../core/platform.ts";
import type { Moment } from "../preflight/contract-at.ts";
import type { Resources } from "../runtime/request.ts";

/** What of the options of a container decides whether the contract of its image holds. */
export interface PreflightOptions {
  readonly image: string;
  readonly env?: readonly string[];
  readonly unsetEnv?: readonly string[];
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly tty?: boolean;
  readonly hostname?: string;
  readonly volumes?: readonly string[];
  readonly mounts?: readonly string[];
  readonly volumesFrom?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly network?: NetworkMode;
  readonly networkAliases?: readonly string[];
  readonly publish?: readonly string[];
  readonly publishAll?: boolean;
  readonly addHosts?: readonly { readonly host: string; readonly ip: string }[];
  readonly resources?: Resources;
  readonly readOnly?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly platform?: Platform;
  readonly pull?: "always" | "missing" | "never";
  readonly signal?: AbortSignal;
}

/** A question about an image. */
export interface PreflightRequest extends PreflightOptions {
  /** Default: it is about to start. */
  readonly moment?: Moment;
}
