import type { SourceRange } from "../core/source-range.ts";
import type { BuildPlan } from "./graph.ts";

export type PlanWarning = BuildPlan["warnings"][number];

/** Every lint rule that planning can meet (SPEC §7). */
export type PlanRule =
  | "DuplicateStageName"
  | "ReservedStageName"
  | "JSONArgsRecommended"
  | "UndefinedArgInFrom"
  | "WorkdirRelativePath"
  | "UndefinedVar"
  | "MultipleInstructionsDisallowed"
  | "InvalidBaseImagePlatform"
  | "RedundantTargetPlatform"
  | "SecretsUsedInArgOrEnv"
  | "InvalidDefaultArgInFrom"
  | "FromPlatformFlagConstDisallowed"
  | "ExposeProtoCasing"
  | "ExposeInvalidFormat";

export type Warn = (rule: PlanRule, message: string, source: SourceRange) => void;

const UNDOCUMENTED: ReadonlySet<PlanRule> = new Set(["InvalidBaseImagePlatform"]);

/** Collects warnings in the order of detection (SPEC LN-08) and passes each on at once, so that none is lost to a later error (PO-08). */
export class WarningLog {
  readonly #warnings: PlanWarning[] = [];
  readonly #sink: ((warning: PlanWarning) => void) | undefined;

  constructor(sink?: (warning: PlanWarning) => void) {
    this.#sink = sink;
  }

  readonly warn: Warn = (rule, message, source) => {
    const url = UNDOCUMENTED.has(rule) ? {} : { url: ruleUrl(rule) };
    const warning: PlanWarning = { rule, message, source, ...url };
    this.#warnings.push(warning);
    this.#sink?.(warning);
  };

  get all(): readonly PlanWarning[] {
    return [...this.#warnings];
  }
}

/** Where a rule is explained (SPEC LN-01). */
export function ruleUrl(rule: string): string {
  const kebab = rule
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
  return `https://docs.docker.com/go/dockerfile/rule/${kebab}/`;
}

/** ` (did you mean X?)`, or nothing. */
export function didYouMean(candidate: string | undefined, prefix = ""): string {
  return candidate === undefined ? "" : ` (did you mean ${prefix}${candidate}?)`;
}
