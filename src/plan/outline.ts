import type { SourceRange } from "../core/source-range.ts";

/** An ARG that the target uses, with the value that it has in this build. */
export interface OutlineArg {
  readonly name: string;
  /** Absent where neither a default nor a build argument gives one. */
  readonly value?: string;
  /** From the comment above it (SPEC LX-07). */
  readonly description?: string;
  readonly source: SourceRange;
}

/** A secret, or an ssh agent. */
export interface OutlineSecret {
  readonly name: string;
  /** The build fails where it is not given. */
  readonly required: boolean;
  readonly source: SourceRange;
}

export interface OutlineCacheMount {
  readonly id: string;
  readonly source: SourceRange;
}

/** What a target can be given (SPEC SG-17): everything in the order of the file. */
export interface TargetOutline {
  /** The target's name, where it has one. */
  readonly name?: string;
  readonly description?: string;
  readonly args: readonly OutlineArg[];
  readonly secrets: readonly OutlineSecret[];
  readonly ssh: readonly OutlineSecret[];
  readonly cacheMounts: readonly OutlineCacheMount[];
}
