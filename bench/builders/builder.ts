import type { Command } from "../measure/command.ts";

/** What a builder is asked for; the same for all. */
export interface BuildRequest {
  readonly context: string;
  /** Name of the image; with `push`, where it goes. */
  readonly tag: string;
  /** An OCI archive with gzip layers at this path, and no image in the store. */
  readonly archive?: string;
  /** Sends the image to its registry. */
  readonly push?: boolean;
}

export type BuilderName = "slipway" | "rootless" | "docker" | "buildah";

/** One of those that are compared. */
export interface Builder {
  readonly name: BuilderName;
  /** As it stands in reports, with the version. */
  readonly version: string;
  /** Seconds that the words in front of a peer's program take by themselves; not its fault, so they are subtracted. */
  readonly overhead: number;
  /** What it took to make it work here, for the report. */
  readonly remark?: string;
  /** Programs that run all the time and belong to it. */
  readonly daemons: readonly string[];
  /** Begins a row with nothing but what `images` (references) bring. */
  readonly enter: (images: readonly string[]) => Promise<void>;
  readonly build: (request: BuildRequest) => Command;
  /** Gives disk space back between runs: the images `tags` and what no name needs. */
  readonly prune: (tags: readonly string[]) => Promise<void>;
  /** Ends a row: what it made is gone. */
  readonly leave: (tags: readonly string[]) => Promise<void>;
  /** Ends the benchmark: nothing of it is left. */
  readonly close: () => Promise<void>;
}
