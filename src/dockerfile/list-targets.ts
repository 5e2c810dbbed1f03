import type { SourceRange } from "../core/source-range.ts";
import { docComment } from "./doc-comment.ts";
import type { ParsedDockerfile } from "./instructions.ts";

/** A stage as a build can be asked for it (SPEC SG-17). */
export interface Target {
  /** In lower case; absent where the stage has none. */
  readonly name?: string;
  /** What is built where no target is named. */
  readonly isDefault: boolean;
  /** From the comment above (SPEC LX-07). */
  readonly description?: string;
  /** As FROM has them, variables and all. */
  readonly base: string;
  readonly platform?: string;
  readonly source: SourceRange;
}

/** The stages of a file in order. */
export function listTargets({ stages }: ParsedDockerfile): readonly Target[] {
  return stages.map(({ from }, index) => {
    const { stageName: name, platform, image: base, comments, source } = from;
    const description = name === undefined ? undefined : docComment(name, comments);
    return {
      ...(name === undefined ? {} : { name }),
      isDefault: index === stages.length - 1,
      ...(description === undefined ? {} : { description }),
      base,
      ...(platform ? { platform } : {}),
      source,
    };
  });
}
