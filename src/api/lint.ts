import { isSlipwayError, type SlipwayError } from "../core/errors.ts";
import { hostPlatform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import { LINT_RULES } from "../dockerfile/lint-rules.ts";
import type { LintWarning } from "../dockerfile/linter.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { parseReference } from "../image/reference.ts";
import { ADVICE, advicePage } from "../lint/catalogue.ts";
import type { LintFinding } from "../lint/finding.ts";
import { giveAdvice } from "../lint/give-advice.ts";
import { readStages } from "../lint/read-stages.ts";
import type { LintSubject } from "../lint/rule.ts";
import { isBaseKnown, type StageView } from "../lint/stage-view.ts";
import { imageName } from "../lock/source-names.ts";
import { NamedContexts } from "../plan/named-context.ts";
import type { BuildOptions } from "./build-options.ts";
import { type CheckResult, checkHere, interpretHere, reasonToFail } from "./check.ts";
import { type DockerfileSession, type DockerfileSource, withDockerfile } from "./dockerfile-session.ts";
import type { Environment } from "./environment.ts";
import { LintBases } from "./lint-bases.ts";
import { lintContext } from "./lint-context.ts";
import { baseResolver, type PlatformView, parseOptions, requestedPlatforms } from "./plan-options.ts";

export interface LintResult {
  /** By line. */
  readonly findings: readonly LintFinding[];
  /** Why a build would fail before any step runs. */
  readonly error?: SlipwayError;
  readonly dockerfile: DockerfileSource;
}

/** Rules of BuildKit's linter that say something else where what a base sets is not known. */
const RULES_ABOUT_BASES: ReadonlySet<string> = new Set(["UndefinedVar", "WorkdirRelativePath"]);

/**
 * What `check` finds, and the findings of our own rules beside it. `# check=` lines hold for both. Where a base cannot be looked up,
 * that is the error of the result, and all rules that need not know it speak all the same. Of the context only what a rule asks for is
 * looked at. Rejects where `check` does.
 */
export async function lint(options: BuildOptions, environment: Environment): Promise<LintResult> {
  const view = requestedPlatforms(options)[0]!;
  return withDockerfile(options, environment, async (session) => {
    const bases = new LintBases(baseResolver(session, session.signal));
    const checked = await checkHere(session, view, bases);
    const subject = await lintSubject(session, bases);
    const warnings = await warningsOf(checked, { session, view, bases, stages: subject?.stages ?? [] });
    const advice = subject ? giveAdvice(subject) : [];
    const findings = [...warnings.map(known), ...advice.map(ours)];
    findings.sort((a, b) => a.source.start - b.source.start);
    const { error, dockerfile } = checked;
    return { findings, ...(error ? { error } : {}), dockerfile };
  });
}

interface Unresolved {
  readonly session: DockerfileSession;
  readonly view: PlatformView;
  readonly bases: LintBases;
  readonly stages: readonly StageView[];
}

/** Where a base is missing, planning ended early: it is done again with a base of which nothing is known. */
async function warningsOf(
  { warnings }: CheckResult,
  { session, view, bases, stages }: Unresolved,
): Promise<readonly LintWarning[]> {
  if (bases.missing.size === 0) return warnings;
  const all: LintWarning[] = [];
  await reasonToFail(() =>
    interpretHere(session, { ...view, resolver: bases.substituting }, (warning) => all.push(warning)),
  );
  const unknown = stages.filter((stage) => !isBaseKnown(stage));
  return all.filter(
    ({ rule, source }) => !RULES_ABOUT_BASES.has(rule) || !unknown.some((stage) => holds(stage, source)),
  );
}

function holds({ parsed: { from, instructions } }: StageView, { start }: SourceRange): boolean {
  return start >= from.source.start && start <= (instructions.at(-1) ?? from).source.end;
}

/** Undefined of a file that cannot be read: the check has said why. */
export async function lintSubject(
  session: DockerfileSession,
  bases: LintBases,
): Promise<LintSubject | undefined> {
  const { options, source, contexts } = session;
  const dockerfile = parsed(source, options);
  if (!dockerfile) return undefined;
  const named = new NamedContexts(new Map(Object.entries(options.buildContexts ?? {})));
  const lock = await contexts.lock().catch(() => undefined);
  const context = await lintContext(contexts, dockerfile);
  return {
    dockerfile,
    stages: readStages({
      dockerfile,
      target: options.target,
      buildArgs: new Map(Object.entries(options.buildArgs ?? {})),
      baseConfig: (_, base) => (base === undefined ? undefined : bases.config(base)),
    }),
    replaced: (image) => named.find(image, hostPlatform()) !== undefined,
    ...(lock
      ? { locked: (image) => Object.hasOwn(lock.entries.images, imageName(parseReference(image))) }
      : {}),
    ...(context ? { context } : {}),
  };
}

function parsed({ bytes, name }: DockerfileSource, options: BuildOptions): ParsedDockerfile | undefined {
  try {
    return parseDockerfile(bytes, name, parseOptions(options));
  } catch (error) {
    if (isSlipwayError(error) && !isSlipwayError(error, "USAGE", "INTERNAL")) return undefined;
    throw error;
  }
}

function known({ rule, message, source, url }: LintWarning): LintFinding {
  const { description } = LINT_RULES[rule];
  const page = url === undefined ? {} : { page: url };
  return { rule, origin: "buildkit", severity: "warning", description, message, ...page, source };
}

function ours({ rule, message, source }: ReturnType<typeof giveAdvice>[number]): LintFinding {
  const { severity, description, fix } = ADVICE[rule];
  return { rule, origin: "slipway", severity, description, message, fix, page: advicePage(rule), source };
}
