import type { SourceRange } from "../core/source-range.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import type { LintPlace } from "../dockerfile/linter.ts";
import type { AdviceRule } from "./catalogue.ts";
import type { ContextFiles } from "./context-files.ts";
import type { StageView } from "./stage-view.ts";

/** A finding of one of our rules. */
export interface Advice {
  readonly rule: AdviceRule;
  readonly message: string;
  readonly source: SourceRange;
}

/** What rules are given. */
export interface LintSubject {
  readonly dockerfile: ParsedDockerfile;
  readonly stages: readonly StageView[];
  /** Names that stand for something else than an image of a registry: named contexts. */
  readonly replaced: (image: string) => boolean;
  /** Names of images that a lock pins. */
  readonly locked?: (image: string) => boolean;
  /** The main context, where an instruction reads it and it can be looked at. */
  readonly context?: ContextFiles;
}

export type Say = (rule: AdviceRule, message: string, at: LintPlace) => void;

/** A family of rules. It is pure: all that it reads is in the subject. */
export type Judge = (subject: LintSubject, say: Say) => void;
