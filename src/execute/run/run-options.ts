import type { Platform } from "../../core/platform.ts";
import type { InputSource, RunStep } from "../../plan/graph.ts";
import type { DeviceEdits } from "../../runtime/cdi/device-edits.ts";
import type { ExtraHost } from "../../runtime/network-files.ts";
import type { Privilege, Resources, Ulimit } from "../../runtime/request.ts";
import type { SandboxPool } from "../../runtime/sandbox-pool.ts";
import type { RootfsSupport } from "../../snapshot/prepare-rootfs.ts";
import type { ShortLinks } from "../../snapshot/short-links.ts";
import type { Chain } from "../chain.ts";
import type { LayerAccess } from "../layer-access.ts";
import type { LayerTarget } from "../layer-commit.ts";
import type { SourceTree } from "../source-tree.ts";
import type { SubtreeIdentities } from "../subtree-identities.ts";

/** Gives a secret's bytes; undefined where the caller of the build gave none of that id. */
export type ReadSecret = (id: string) => Promise<Uint8Array | undefined>;

/** Host path of a socket that forwards to the agent given under an id, valid until `close`; undefined where none was given. */
export type OpenAgent = (
  id: string,
  scratch: string,
  access: { readonly mode: number; readonly uid: number; readonly gid: number },
) => Promise<{ readonly socket: string; close(): Promise<void> } | undefined>;

/** Goes between a process and those who are told what it writes, and takes secrets out. */
export interface OutputWatch {
  push(stream: "stdout" | "stderr", bytes: Uint8Array): Uint8Array;
  /** What was held back of a stream that has ended. */
  end(stream: "stdout" | "stderr"): Uint8Array;
  /** Ids of secrets that were in the output and must not be. */
  refused(): readonly string[];
}

/** A watch for one process. */
export type WatchOutput = () => OutputWatch;

/** The CDI devices that a step gets. */
export interface StepDevices {
  /** `vendor/class=name`: part of the cache key (SPEC RN-12). */
  readonly names: readonly string[];
  readonly edits: DeviceEdits;
}

/** What every RUN of a build shares. */
export interface RunOptions {
  readonly access: LayerAccess;
  readonly target: LayerTarget;
  readonly privilege: Privilege;
  /** How root filesystems are put together here; asked when the first RUN has to be executed. */
  readonly rootfsSupport: () => Promise<RootfsSupport>;
  /** Links to layers, for all overlays of the build. */
  readonly layerLinks?: ShortLinks;
  /** Opens what a bind mount reads from. */
  readonly inputs: (source: InputSource) => Promise<SourceTree>;
  /** What is in such a source, for the cache key. */
  readonly identities: SubtreeIdentities;
  /** The layers behind such a source; a context's files are packed into one. */
  readonly inputChain: (source: InputSource, path: string) => Promise<Chain>;
  readonly readSecret: ReadSecret;
  /** Absent where the build knows no secrets. */
  readonly watchOutput?: WatchOutput;
  readonly openAgent: OpenAgent;
  /** Folder of the cache mounts. */
  readonly cacheMounts: string;
  /** Caches that steps without cache have begun anew in this build; each does so once (SPEC MT-11). */
  readonly renewedCaches: Set<string>;
  /** BUILDKIT_CACHE_MOUNT_NS. */
  readonly cacheNamespace: string;
  /** Steps that do not choose a network have none. What one made with a network is taken from the cache all the same. */
  readonly offline?: boolean;
  readonly hostname: string;
  readonly extraHosts: readonly ExtraHost[];
  readonly shmSize?: number;
  readonly ulimits: readonly Ulimit[];
  /** Outside the cache key (SPEC RN-12). */
  readonly resources: Resources;
  readonly cgroupParent?: string;
  readonly devices: (step: RunStep) => Promise<StepDevices>;
  /** Whether programs for a platform run on this machine. */
  readonly canRun: (platform: Platform) => Promise<boolean>;
  /** Told what this machine cannot do; the same message may come from every step. */
  readonly warn: (message: string) => void;
  /** The machine's /etc/resolv.conf. */
  readonly resolvConf: string;
  readonly runtime: RuntimeSettings;
}

/** Which tools start containers. */
export interface RuntimeSettings {
  /** PATH for tools. */
  readonly path: string;
  /** Driver by name; default is the best one that is there. */
  readonly driver?: string;
  /** Where compiled filters of system calls are kept. */
  readonly filterFolder: string;
  /** Makes namespaces ahead. */
  readonly sandboxes?: SandboxPool;
}
