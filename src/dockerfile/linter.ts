import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import { type LintRule, ruleUrl } from "./lint-rules.ts";
import { DEFAULT_LINT, isHeard, type LintSettings, settingsBelow } from "./lint-settings.ts";

/** A finding of a lint rule (SPEC LN-01). */
export interface LintWarning {
  readonly rule: LintRule;
  readonly message: string;
  readonly source: SourceRange;
  readonly url?: string;
}

/** Where a finding is, and the comments above that may silence it; any instruction is one. */
export interface LintPlace {
  readonly source: SourceRange;
  readonly comments: readonly string[];
}

export type Warn = (rule: LintRule, message: string, at: LintPlace) => void;
export type WarningSink = (warning: LintWarning) => void;

/** Keeps the findings that the settings let through, in the order of detection (SPEC LN-08), and passes each on at once, so that none is lost to a later error (PO-08). */
export class Linter {
  readonly #settings: LintSettings | "off";
  readonly #sink: WarningSink | undefined;
  readonly #warnings: LintWarning[] = [];
  readonly #below = new WeakMap<readonly string[], LintSettings>();

  constructor(settings: LintSettings | "off" = DEFAULT_LINT, sink?: WarningSink) {
    this.#settings = settings;
    this.#sink = sink;
  }

  readonly warn: Warn = (rule, message, { source, comments }) => {
    if (this.#settings === "off" || !isHeard(rule, this.#settingsFor(comments, this.#settings))) return;
    const url = ruleUrl(rule);
    const warning: LintWarning = { rule, message, source, ...(url === undefined ? {} : { url }) };
    this.#warnings.push(warning);
    this.#sink?.(warning);
  };

  /** One instruction can bring many findings and have many comments. */
  #settingsFor(comments: readonly string[], settings: LintSettings): LintSettings {
    const known = this.#below.get(comments) ?? settingsBelow(settings, comments);
    this.#below.set(comments, known);
    return known;
  }

  get warnings(): readonly LintWarning[] {
    return [...this.#warnings];
  }
}

/** Throws LINT_FAILED where the settings make findings fatal and there are some (SPEC LN-04). */
export function refuseFindings(settings: LintSettings, warnings: readonly LintWarning[]): void {
  if (!settings.fatal || warnings.length === 0) return;
  const rules = [...new Set(warnings.map(({ rule }) => rule))];
  throw new SlipwayError("LINT_FAILED", `lint violation found for rules: ${rules.join(", ")}`, {
    hint: "correct what the warnings name, or add the rules to skip= of the `# check=` line",
    facts: { rules },
    source: warnings[0]!.source,
  });
}
