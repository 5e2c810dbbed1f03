import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import type { ContainerConfig } from "../../src/image/config.ts";
import type { AdviceRule } from "../../src/lint/catalogue.ts";
import type { ContextFiles } from "../../src/lint/context-files.ts";
import { giveAdvice } from "../../src/lint/give-advice.ts";
import { readStages } from "../../src/lint/read-stages.ts";
import type { Advice, LintSubject } from "../../src/lint/rule.ts";

export interface Surroundings {
  readonly target?: string;
  readonly context?: ContextFiles;
  /** Of every base. */
  readonly baseConfig?: ContainerConfig;
  readonly locked?: (image: string) => boolean;
}

/** What rules say of a Dockerfile, in order. */
export function adviceOf(text: string, surroundings: Surroundings = {}): readonly Advice[] {
  return giveAdvice(subjectOf(text, surroundings));
}

/** What rules and their fixes are given. */
export function subjectOf(text: string, surroundings: Surroundings = {}): LintSubject {
  const { target, context, baseConfig, locked } = surroundings;
  const dockerfile = parseDockerfile(text, "Dockerfile");
  const stages = readStages({ dockerfile, target, buildArgs: new Map(), baseConfig: () => baseConfig });
  const replaced = (image: string) => image === "context-image";
  return {
    dockerfile,
    stages,
    replaced,
    ...(locked ? { locked } : {}),
    ...(context ? { context } : {}),
  };
}

/** The rules that speak of a Dockerfile, in order. */
export function rulesOf(text: string, surroundings: Surroundings = {}): readonly AdviceRule[] {
  return adviceOf(text, surroundings).map(({ rule }) => rule);
}
