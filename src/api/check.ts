import { isSlipwayError, type SlipwayError } from "../core/errors.ts";
import type { LintWarning, WarningSink } from "../dockerfile/linter.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import type { ImageResolver } from "../plan/graph.ts";
import { interpretBuild } from "../plan/interpret-build.ts";
import type { BuildOptions } from "./build-options.ts";
import { labelsWithContract } from "./contract-label.ts";
import { type DockerfileSession, type DockerfileSource, withDockerfile } from "./dockerfile-session.ts";
import type { Environment } from "./environment.ts";
import {
  baseResolver,
  type PlatformView,
  parseOptions,
  planOptions,
  RESOLVE_STEP,
  requestedPlatforms,
} from "./plan-options.ts";
import { wasPrunedMeanwhile } from "./session.ts";

export interface CheckResult {
  /** Findings of the linter in the order of detection (SPEC LN-08). */
  readonly warnings: readonly LintWarning[];
  /** Why a build would fail before any step runs, a contract with mistakes included; findings made fatal by `error=true` are a reason, too (SPEC LN-06). */
  readonly error?: SlipwayError;
  readonly dockerfile: DockerfileSource;
}

/**
 * Lints a Dockerfile and says what is wrong with it; nothing is executed and nothing is written but what is learnt about base
 * images. Without a target every stage is looked at (SPEC LN-05). Options about results have no meaning here. Rejects where
 * there is no answer: no Dockerfile, a wrong option, an abort.
 */
export async function check(options: BuildOptions, environment: Environment): Promise<CheckResult> {
  const view = requestedPlatforms(options)[0]!;
  return withDockerfile(options, environment, (session) =>
    checkHere(session, view, baseResolver(session, session.signal)),
  );
}

/** The same where the Dockerfile has been read; bases come from `resolver`. */
export async function checkHere(
  session: DockerfileSession,
  view: PlatformView,
  resolver: ImageResolver,
): Promise<CheckResult> {
  const warnings: LintWarning[] = [];
  const warn: WarningSink = (warning) => {
    warnings.push(warning);
    session.clock.emit({ type: "warning", ...warning });
  };
  const error = await reasonToFail(async () => {
    await session.contexts.lock();
    await interpretHere(session, { ...view, resolver }, warn);
    await labelsWithContract(session.options, session.contexts);
  });
  return { warnings, ...(error ? { error } : {}), dockerfile: session.source };
}

/** Takes all instructions through what comes before steps can run. The first platform alone is looked at, since the others report nothing. */
export async function interpretHere(
  session: DockerfileSession,
  view: PlatformView & { readonly resolver: ImageResolver },
  warn: WarningSink,
): Promise<void> {
  const { options, source, clock, signal } = session;
  const dockerfile = parseDockerfile(source.bytes, source.name, {
    ...parseOptions(options),
    onWarning: warn,
  });
  const inputs = { ...session, dockerfile, warn };
  await clock.step("resolve", RESOLVE_STEP, () =>
    interpretBuild({ ...planOptions(inputs, { ...view, signal }), allStages: !options.target }),
  );
}

/** A request that is wrong, an abort, a defect and a store that was pruned meanwhile are no findings about the Dockerfile. */
export async function reasonToFail(work: () => Promise<void>): Promise<SlipwayError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const isOther = isSlipwayError(error, "USAGE", "CANCELLED", "INTERNAL") || wasPrunedMeanwhile(error);
    if (isSlipwayError(error) && !isOther) return error;
    throw error;
  }
}
