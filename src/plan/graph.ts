/** The immutable result of planning: what has to be done, with every variable expanded and nothing yet executed. */

import type { Digest } from "../core/digest.ts";
import type { StepId } from "../core/events.ts";
import type { Platform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { LintWarning } from "../dockerfile/linter.ts";
import type { DeviceRequest } from "../dockerfile/run-instruction.ts";
import type { ContainerConfig, HistoryItem, ImageConfig } from "../image/config.ts";

/** An image that a stage is based on, or that a COPY or a mount reads, after resolution. */
export interface ResolvedImage {
  /** Normalised name, with tag and, where known, `@digest`. */
  readonly name: string;
  /** As the Dockerfile wrote it. */
  readonly reference: string;
  readonly platform: Platform;
  /** Digest of the platform's manifest. */
  readonly manifest: Digest;
  readonly config: ImageConfig;
}

/** How planning asks for images; implemented by the api with the store and the registry. */
export interface ImageResolver {
  /** Throws REGISTRY_*, IMAGE_*, PLATFORM_UNAVAILABLE. `platform` undefined: the image's own where it has only one (SPEC FR-06). */
  resolve(reference: string, platform: Platform): Promise<ResolvedImage>;
}

/** Where a step's input files come from. */
export type InputSource =
  | { readonly kind: "context" }
  | { readonly kind: "named-context"; readonly name: string }
  | { readonly kind: "stage"; readonly stage: number }
  | { readonly kind: "image"; readonly image: ResolvedImage }
  | { readonly kind: "scratch" };

export interface StepBase {
  /** `<stage>.<position>` */
  readonly id: StepId;
  readonly stage: number;
  /** `[build 2/5] RUN make` (SPEC SG-08). */
  readonly name: string;
  readonly source: SourceRange;
  /** This step ignores stored results (SPEC CK-09). */
  readonly noCache: boolean;
  /** The history text of this step, ready but for its time. */
  readonly history: HistoryItem;
}

export interface RunStep extends StepBase {
  readonly kind: "run";
  readonly argv: readonly string[];
  /** Stage env in order, `K=V`; PATH default already there. Proxy variables are not in it. */
  readonly env: readonly string[];
  /** Those of `env` that ARG brought in, `K=V`: a changed one is explained as an argument. */
  readonly buildArgs?: readonly string[];
  /** Proxy variables (SPEC SC-11); outside the cache key. */
  readonly proxyEnv: readonly string[];
  readonly cwd: string;
  /** As configured (`""` = root). */
  readonly user: string;
  readonly network: "default" | "none" | "host";
  readonly security: "sandbox" | "insecure";
  readonly mounts: readonly RunMount[];
  /** SPEC RX-03; absent where none are asked for. */
  readonly devices?: readonly DeviceRequest[];
  /** SPEC RN-02: a script file placed at /dev/pipes/<name>, mode 0755. */
  readonly script?: { readonly name: string; readonly content: string };
  readonly platform: Platform;
}

export type RunMount =
  | {
      readonly type: "bind";
      readonly target: string;
      readonly source: string;
      readonly from: InputSource;
      readonly readOnly: boolean;
    }
  | {
      readonly type: "cache";
      readonly target: string;
      readonly source: string;
      /** Cleaned; default is the target. */
      readonly id: string;
      readonly hasExplicitId: boolean;
      readonly sharing: "shared" | "private" | "locked";
      readonly from: InputSource;
      readonly readOnly: boolean;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | {
      readonly type: "tmpfs";
      readonly target: string;
      readonly size?: number;
      /** Only where it was asked for (SPEC MT-04). */
      readonly readOnly?: true;
    }
  | {
      readonly type: "secret";
      readonly id: string;
      /** Absent where only `env` is used. */
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: "ssh";
      readonly id: string;
      readonly target: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

export interface CopyStep extends StepBase {
  readonly kind: "copy";
  readonly instruction: "COPY" | "ADD";
  readonly from: InputSource;
  /** Expanded, as written. */
  readonly sources: readonly string[];
  /** Bodies already expanded and chomped. */
  readonly heredocs: readonly { readonly name: string; readonly content: string }[];
  /** Absolute, cleaned, no trailing slash (root is `/`). */
  readonly destination: string;
  /** The destination was written as a directory: trailing `/` or `/.`, empty or `.` (SPEC CP-02). */
  readonly destinationIsDirectory: boolean;
  readonly chown?: string;
  readonly chmod?: string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly excludes: readonly string[];
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
  readonly platform: Platform;
}

export interface WorkdirStep extends StepBase {
  readonly kind: "workdir";
  /** Absolute, cleaned. */
  readonly path: string;
  readonly user: string;
}

export type Step = RunStep | CopyStep | WorkdirStep;

/** A stage that the target needs. */
export interface StagePlan {
  readonly index: number;
  readonly name?: string;
  /** What FROM names, variables filled in; for people. */
  readonly baseText: string;
  readonly base:
    | { readonly kind: "scratch" }
    | { readonly kind: "stage"; readonly stage: number }
    | { readonly kind: "image"; readonly image: ResolvedImage }
    | { readonly kind: "named-context"; readonly name: string };
  readonly platform: Platform;
  readonly source: SourceRange;
  /** `[build 1/5] FROM docker.io/library/debian:bookworm`; absent where the base is scratch or a stage, which are no steps (SPEC SG-08). */
  readonly fromStepName?: string;
  readonly steps: readonly Step[];
  /** Config after the last instruction; CLI labels are in it for the target. */
  readonly config: ContainerConfig;
  readonly author?: string;
  /** Own history items in order, metadata instructions included; `stepId` ties a layer item to its step, others have their own place. The base's history is not in it. */
  readonly history: readonly (HistoryItem & { readonly stepId?: StepId; readonly source?: SourceRange })[];
}

export interface BuildPlan {
  /** Needed stages by index, in file order. */
  readonly stages: readonly StagePlan[];
  readonly target: number;
  readonly targetName: string;
  readonly platform: Platform;
  /** Names (or numbers) of the stages that the target does not need. */
  readonly skipped: readonly string[];
  /** What planning found, in order; the parser's own findings are with the parsed file. */
  readonly warnings: readonly LintWarning[];
  /** Whether any COPY, ADD or mount reads the main context. */
  readonly usesContext: boolean;
  readonly sourceDateEpoch?: number;
}
