import { isSlipwayError, type SlipwayError } from "../core/errors.ts";
import { hostPlatform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import { LINT_RULES } from "../dockerfile/lint-rules.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { ADVICE, advicePage, type Severity } from "../lint/catalogue.ts";
import { giveAdvice } from "../lint/give-advice.ts";
import { readStages } from "../lint/read-stages.ts";
import { NamedContexts } from "../plan/named-context.ts";
import type { BuildOptions } from "./build-options.ts";
import { check } from "./check.ts";
import type { DockerfileSource } from "./dockerfile-session.ts";
import type { Environment } from "./environment.ts";
import { parseOptions } from "./plan-options.ts";

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

export interface LintResult {
  /** By line. */
  readonly findings: readonly LintFinding[];
  /** Why a build would fail before any step runs. */
  readonly error?: SlipwayError;
  readonly dockerfile: DockerfileSource;
}

/**
 * What `check` finds, and the findings of our own rules beside it. `# check=` lines hold for both. Where the base cannot be looked up,
 * that is the error of the result, and our own rules speak all the same. Rejects where `check` does.
 */
export async function lint(options: BuildOptions, environment: Environment): Promise<LintResult> {
  const { warnings, error, dockerfile } = await check(options, environment);
  const known = warnings.map(
    ({ rule, message, source, url }): LintFinding => ({
      rule,
      origin: "buildkit",
      severity: "warning",
      description: LINT_RULES[rule].description,
      message,
      ...(url === undefined ? {} : { page: url }),
      source,
    }),
  );
  const findings = [...known, ...advice(options, dockerfile)].sort((a, b) => a.source.start - b.source.start);
  return { findings, ...(error ? { error } : {}), dockerfile };
}

/** None of a file that cannot be read: the check has said why. */
function advice(options: BuildOptions, { bytes, name }: DockerfileSource): readonly LintFinding[] {
  try {
    const dockerfile = parseDockerfile(bytes, name, parseOptions(options));
    const buildArgs = new Map(Object.entries(options.buildArgs ?? {}));
    const contexts = new NamedContexts(new Map(Object.entries(options.buildContexts ?? {})));
    const stages = readStages({ dockerfile, target: options.target, buildArgs, baseConfig: () => undefined });
    const replaced = (image: string) => contexts.find(image, hostPlatform()) !== undefined;
    return giveAdvice({ dockerfile, stages, replaced }).map(({ rule, message, source }) => {
      const { severity, description, fix } = ADVICE[rule];
      return { rule, origin: "slipway", severity, description, message, fix, page: advicePage(rule), source };
    });
  } catch (error) {
    if (isSlipwayError(error) && !isSlipwayError(error, "USAGE", "INTERNAL")) return [];
    throw error;
  }
}
