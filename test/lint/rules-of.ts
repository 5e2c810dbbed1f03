import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import type { AdviceRule } from "../../src/lint/catalogue.ts";
import { giveAdvice } from "../../src/lint/give-advice.ts";
import { readStages } from "../../src/lint/read-stages.ts";

/** The rules that speak of a Dockerfile, in order. */
export function rulesOf(text: string, target?: string): readonly AdviceRule[] {
  const dockerfile = parseDockerfile(text, "Dockerfile");
  const stages = readStages({ dockerfile, target, buildArgs: new Map(), baseConfig: () => undefined });
  return giveAdvice({ dockerfile, stages, replaced: (image) => image === "context-image" }).map(
    ({ rule }) => rule,
  );
}
