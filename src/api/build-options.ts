import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { EventSink, StageSize } from "../core/events.ts";
import type { HardenReport } from "../core/harden-report.ts";
import type { Platform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { HardenProfile } from "../harden/profile.ts";
import type { ImageConfig } from "../image/config.ts";
import type { OutputSpec } from "../output/output-spec.ts";
import type { Resources } from "../runtime/request.ts";

/** A secret for `RUN --mount=type=secret`: a file, a variable of the environment, or the value itself. */
export type SecretSource =
  | { readonly file: string }
  | { readonly env: string }
  | { readonly value: string | Uint8Array };

/** An ssh agent for `RUN --mount=type=ssh`: the agent's socket, or files with the private keys that it is to hold. */
export type SshSource = { readonly socket: string } | { readonly keys: readonly string[] };

/** What `build` takes. Only `context` is required; names are those of `docker buildx build`. */
export interface BuildOptions {
  /** A folder, a git or http URL, or `-` with `stdin`. Relative paths start at the environment's cwd. */
  readonly context: string;
  /** Path of the Dockerfile relative to cwd, `-` for `stdin`; default `<context>/Dockerfile`. */
  readonly file?: string;
  /** The Dockerfile's text itself; wins over `file`. */
  readonly dockerfile?: string;
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly tags?: readonly string[];
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** `[type[,type…]:]key=value`, for every output (SPEC MF-04). */
  readonly annotations?: readonly string[];
  /** Target platforms; several make an index. Default: the bases' own. */
  readonly platforms?: readonly (string | Platform)[];
  /** name → folder, `docker-image://ref`, git or http URL, `oci-layout://path@digest`. */
  readonly buildContexts?: Readonly<Record<string, string>>;
  readonly noCache?: boolean;
  readonly noCacheFilter?: readonly string[];
  /** Ask the registry for every tag, even where the store has the image. What the lock names is as the lock says all the same. */
  readonly pull?: boolean;
  /** false: a lock beside the Dockerfile (`Dockerfile.lock`) is not looked for. Otherwise its images, URLs and repositories are used as it says. */
  readonly lock?: boolean;
  /** Path of the lock relative to cwd, where it is not beside the Dockerfile. */
  readonly lockFile?: string;
  /** Refuse a build without a lock, and everything from elsewhere that neither lock nor Dockerfile pins. */
  readonly locked?: boolean;
  /** Use what is on this machine, and nothing else. RUN steps have no network unless `network` says otherwise. */
  readonly offline?: boolean;
  readonly secrets?: Readonly<Record<string, SecretSource>>;
  /** Ids of secrets, and names of build arguments, that may be in the image (`docs/secrets.md`). */
  readonly allowSecretLeaks?: readonly string[];
  readonly ssh?: Readonly<Record<string, SshSource>>;
  /** Default network of RUN steps. */
  readonly network?: "default" | "none" | "host";
  /** Entitlements: `network.host`, `security.insecure`, `device`, `device=NAME[,alias=NAME]`. */
  readonly allow?: readonly string[];
  /** Lines of /etc/hosts; the address `host-gateway` stands for this machine. */
  readonly addHosts?: readonly { readonly host: string; readonly ip: string }[];
  /** Bytes of /dev/shm; 64 MiB by default. */
  readonly shmSize?: number;
  /** -1 is without limit. */
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  /** Limits of every RUN step; ignored with a warning where the machine does not let us enforce them. */
  readonly resources?: Resources;
  /** Parent of the control groups that RUN steps get: a path below their top, or the name of a slice of systemd. It is made where it is missing, and stays. */
  readonly cgroupParent?: string;
  /** `crun`, `runc` or `unshare`; default: the best that is there. */
  readonly runtime?: string;
  /** false: a `preflight.yaml` beside the Dockerfile is not looked for. Otherwise it is checked and becomes a label of the image. */
  readonly preflight?: boolean;
  /** Where the result goes, beside nothing or several: default is the store. */
  readonly outputs?: readonly OutputSpec[];
  /**
   * The same bytes whenever it is built: the build argument SOURCE_DATE_EPOCH is 0 where none is given, and every output has its
   * timestamps rewritten and compressors that do not depend on the machine.
   */
  readonly reproducible?: boolean;
  /** Where outputs with `dest: "-"` are written. */
  readonly stdout?: NodeJS.WritableStream;
  readonly push?: boolean;
  /** Files of tests (`docs/testing.md`) that the image has to pass before it is named, exported or pushed. */
  readonly tests?: readonly string[];
  /**
   * Takes from the image what lends rights (setuid, setgid, capabilities) gives it a user where it has none, and lets it out only if it passes an audit; `strict` removes shells and
   * package managers, too (`docs/hardening.md`). `off` is the default.
   */
  readonly harden?: HardenProfile;
  /** Absolute paths in the image that keep their rights, and are not removed. */
  readonly hardenKeep?: readonly string[];
  /** Keep the image in the store, whatever else happens to it. */
  readonly load?: boolean;
  readonly onEvent?: EventSink;
  readonly signal?: AbortSignal;
}

/** Something to know about a build that worked. */
export interface BuildWarning {
  /** The rule of the linter that it comes from. */
  readonly rule?: string;
  readonly message: string;
  readonly source?: SourceRange;
  /** Where the rule is explained. */
  readonly url?: string;
}

export interface BuildResult {
  /** Digest of the image config; of the index where several platforms were built. */
  readonly imageId: Digest;
  /** A manifest or an index: what left as an image or was kept last; without such an output, what was built. */
  readonly descriptor: Descriptor;
  /** The same, where the outputs had an image at all (not for `local`, `tar` and `cacheonly` alone). */
  readonly exported?: Descriptor;
  /** Full names that the image was given, in the store or in archives. */
  readonly names: readonly string[];
  /** Config per platform, in request order. */
  readonly images: readonly {
    readonly platform: Platform;
    readonly config: ImageConfig;
    readonly configDigest: Digest;
    readonly manifest: Descriptor;
  }[];
  readonly stages: readonly StageSize[];
  /** What hardening did, per platform; empty where it was not asked for. */
  readonly hardening: readonly HardenReport[];
  readonly warnings: readonly BuildWarning[];
  /** What was pushed, by name. */
  readonly pushed: Readonly<Record<string, Digest>>;
  /** Number of steps, and how many of them came from the cache. */
  readonly steps: { readonly total: number; readonly cached: number };
}
