import { lintSettings } from "../dockerfile/lint-settings.ts";
import type { WarningSink } from "../dockerfile/linter.ts";
import { type Target, listTargets as targetsOf } from "../dockerfile/list-targets.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import type { TargetOutline } from "../plan/outline.ts";
import { outlineTarget } from "../plan/outline-target.ts";
import type { BuildOptions } from "./build-options.ts";
import { type DockerfileSource, withDockerfile } from "./dockerfile-session.ts";
import type { Environment } from "./environment.ts";
import { baseResolver, parseOptions, planOptions, RESOLVE_STEP, requestedPlatforms } from "./plan-options.ts";

export interface OutlineResult extends TargetOutline {
  readonly dockerfile: DockerfileSource;
}

/**
 * Says what the target takes from outside: arguments, secrets, ssh agents, cache mounts (SPEC SG-17). Nothing is executed.
 * Rejects as a build of that target would before its first step; findings of the linter come as events.
 */
export function outline(options: BuildOptions, environment: Environment): Promise<OutlineResult> {
  return withDockerfile(options, environment, async (session) => {
    const { source, clock, signal } = session;
    const warn: WarningSink = (warning) => clock.emit({ type: "warning", ...warning });
    const dockerfile = parseDockerfile(source.bytes, source.name, {
      ...parseOptions(options),
      onWarning: warn,
    });
    const inputs = { ...session, dockerfile, warn };
    const view = requestedPlatforms(options)[0]!;
    const resolver = baseResolver(inputs, signal);
    const result = await clock.step("resolve", RESOLVE_STEP, () =>
      outlineTarget(planOptions(inputs, { ...view, resolver, signal })),
    );
    return { ...result, dockerfile: source };
  });
}

export interface TargetsResult {
  readonly targets: readonly Target[];
  readonly dockerfile: DockerfileSource;
}

/** Lists the stages of the Dockerfile (SPEC SG-17). Rejects where it cannot be parsed; the linter is not asked. */
export function listTargets(options: BuildOptions, environment: Environment): Promise<TargetsResult> {
  return withDockerfile(options, environment, async ({ source }) => {
    lintSettings({ buildArg: parseOptions(options).check, line: undefined });
    const dockerfile = parseDockerfile(source.bytes, source.name, { check: "" });
    return { targets: targetsOf(dockerfile), dockerfile: source };
  });
}
