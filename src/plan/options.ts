import type { IgnoreRules } from "../context/ignore-rules.ts";
import type { Platform } from "../core/platform.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import type { WarningSink } from "../dockerfile/linter.ts";
import type { ImageResolver } from "./graph.ts";

/** A source whose time can be the epoch (SPEC EP-02). */
export type EpochSource =
  | { readonly kind: "context" }
  | { readonly kind: "named-context"; readonly name: string }
  /** A URL or git reference, as ADD takes them. */
  | { readonly kind: "remote"; readonly source: string; readonly checksum?: string };

/** What `planBuild` works from. The resolver and `sourceTime` are the only ways out of it. */
export interface PlanOptions {
  readonly dockerfile: ParsedDockerfile;
  /** Stage name, in any case; default is the last stage (SPEC SG-02). */
  readonly target?: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Labels of the command line; they go into the target image only (SPEC CF-05). */
  readonly labels: ReadonlyMap<string, string>;
  /** The platform that was asked for; absent where none was, so that a base image may decide (SPEC FR-06). */
  readonly platform?: Platform;
  /** The platform that steps run on. */
  readonly buildPlatform: Platform;
  /** Whether steps can run on another platform here, too, for FR-06; default is that none can. */
  readonly canRun?: (platform: Platform) => Promise<boolean>;
  readonly resolver: ImageResolver;
  /** Name (`name` or `name::platform`) to specifier; `docker-image://` and `oci-layout://` ones go through the resolver. */
  readonly namedContexts: ReadonlyMap<string, string>;
  /** Every stage ignores stored results. */
  readonly noCache: boolean;
  /** Names of stages that ignore stored results (SPEC CK-09). */
  readonly noCacheFilter: readonly string[];
  /** Network of RUN steps that do not choose one (SPEC RX-01). */
  readonly network?: "default" | "none" | "host";
  /** Granted entitlements: `network.host`, `security.insecure`, `device`. */
  readonly allow: readonly string[];
  /** Step names carry the platform (SPEC SG-08). */
  readonly multiPlatform?: boolean;
  /** The time of a source in seconds, for a symbolic SOURCE_DATE_EPOCH (SPEC EP-02); undefined where it has none. */
  readonly sourceTime?: (source: EpochSource) => Promise<number | undefined>;
  /** Called with each warning as it is found: those before a fatal error are delivered too (SPEC PO-08). */
  readonly onWarning?: WarningSink;
  /** False for every platform but the first: findings are told once (SPEC LN-05). */
  readonly lint?: boolean;
  /** Every stage counts as needed, not only what the target needs (SPEC LN-05). */
  readonly allStages?: boolean;
  /** The ignore file of the main context, where it is a folder of this machine; for SPEC §7 CopyIgnoredFile. */
  readonly ignoreRules?: () => Promise<IgnoreRules | undefined>;
  readonly signal?: AbortSignal;
}
