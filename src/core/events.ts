import type { Digest } from "./digest.ts";
import type { HardenReport } from "./harden-report.ts";
import type { SourceRange } from "./source-range.ts";

/**
 * Stable within one build: `2.0` is the first step of stage 2, `linux/arm64 2.0` where several platforms are built; internal work
 * uses words (`context`, `export:oci`).
 */
export type StepId = string;

/** The id of a plan's step in events; `platform` is empty where the build has one only. */
export function eventId(platform: string, id: StepId): StepId {
  return platform === "" ? id : `${platform} ${id}`;
}

/** What a build tells while it goes on. Terminals, logs and library callers all consume this one stream. Times: ms since the build began. */
export type BuildEvent =
  | {
      readonly type: "build.start";
      readonly time: number;
      readonly dockerfile: string;
      /** The Dockerfile's text, in the form of core/file-name: what source ranges of later events and errors refer to. */
      readonly text?: string;
      readonly target?: string;
    }
  /** Sent once, when the graph is known; every later step event names one of these or an internal step. */
  | {
      readonly type: "plan";
      readonly time: number;
      readonly stages: readonly StageSummary[];
      readonly skippedStages: readonly string[];
    }
  | {
      readonly type: "step.start";
      readonly time: number;
      readonly id: StepId;
      readonly name: string;
      readonly stage?: number;
      readonly source?: SourceRange;
    }
  /** The step's result came from the cache. Comes instead of start and done. */
  | {
      readonly type: "step.cached";
      readonly time: number;
      readonly id: StepId;
      readonly name: string;
      readonly stage?: number;
      readonly size?: number;
    }
  /** Why the cache had nothing for this step: one line for people, and its parts for programs. Comes after step.start. */
  | {
      readonly type: "step.miss";
      readonly time: number;
      readonly id: StepId;
      readonly reason: string;
      readonly changed: readonly ChangedInput[];
    }
  | {
      readonly type: "step.log";
      readonly time: number;
      readonly id: StepId;
      readonly stream: "stdout" | "stderr";
      readonly data: Uint8Array;
    }
  /** Progress of bytes: `id` groups several transfers under one step; total absent while unknown. */
  | {
      readonly type: "step.progress";
      readonly time: number;
      readonly id: StepId;
      readonly item: string;
      readonly current: number;
      readonly total?: number;
    }
  | {
      readonly type: "step.done";
      readonly time: number;
      readonly id: StepId;
      readonly duration: number;
      readonly size?: number;
      readonly note?: string;
    }
  | {
      readonly type: "step.error";
      readonly time: number;
      readonly id: StepId;
      readonly duration: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: "step.cancelled"; readonly time: number; readonly id: StepId }
  | {
      readonly type: "warning";
      readonly time: number;
      readonly rule?: string;
      readonly message: string;
      readonly source?: SourceRange;
      readonly url?: string;
    }
  /** What `--harden` did, for each platform. Comes after the end of its step, also where that came from the cache. */
  | ({ readonly type: "harden"; readonly time: number; readonly id: StepId } & HardenReport)
  | {
      readonly type: "build.done";
      readonly time: number;
      readonly imageId?: Digest;
      readonly manifest?: Digest;
      readonly names: readonly string[];
      readonly stages: readonly StageSize[];
    }
  | {
      readonly type: "build.error";
      readonly time: number;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly source?: SourceRange;
    };

export type EventSink = (event: BuildEvent) => void;

export interface StageSummary {
  readonly index: number;
  readonly name?: string;
  /** Only where the build has several. */
  readonly platform?: string;
  readonly base: string;
  readonly steps: readonly { readonly id: StepId; readonly name: string }[];
}

/** For the table at the end of a build. Sizes in bytes, uncompressed. `layers` counts this stage's own steps; `total` is everything below it too. */
export interface StageSize {
  readonly index: number;
  readonly name?: string;
  /** Only where the build has several. */
  readonly platform?: string;
  readonly base: string;
  readonly layers: number;
  readonly own: number;
  readonly total: number;
  readonly isTarget: boolean;
}

/** One input that differs from the last time this step ran: `kind` is `file`, `argument`, `environment`, `base`, `parent`, `instruction`, `option` or `first-build`. */
export interface ChangedInput {
  readonly kind:
    | "file"
    | "argument"
    | "environment"
    | "base"
    | "parent"
    | "instruction"
    | "option"
    | "first-build"
    | "no-cache"
    | "evicted";
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}
