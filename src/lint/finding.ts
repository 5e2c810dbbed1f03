import type { SourceRange } from "../core/source-range.ts";
import type { Severity } from "./catalogue.ts";

/** One finding, of a rule of BuildKit's linter or of one of our own. */
export interface LintFinding {
  readonly rule: string;
  readonly origin: "buildkit" | "slipway";
  readonly severity: Severity;
  readonly description: string;
  readonly message: string;
  /** What to do; BuildKit's rules say it on their page. */
  readonly fix?: string;
  /** Where the rule is explained: a URL, or a page of this project. */
  readonly page?: string;
  readonly source: SourceRange;
}
