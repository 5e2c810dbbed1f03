import { type Finding, fingerprint } from "../finding.ts";
import { configurationFindings, configurationSecrets } from "../rules/configuration.ts";
import { endOfLifeFinding } from "../rules/end-of-life.ts";
import type { AuditedDockerfile, AuditedStage } from "./audited-dockerfile.ts";
import { releaseOfBase } from "./base-release.ts";
import { predictImage, predictStage, stepOf } from "./predicted-image.ts";

/**
 * What can be found without an image: the rules about the configuration look at the one that the target will have, and those about secrets
 * at each stage; a base may say by its name of which release it is. `now`: milliseconds since the epoch. Where sources come from is judged elsewhere: that holds for images, too, of which the Dockerfile is known.
 */
export function auditDockerfile(subject: AuditedDockerfile, now: number): readonly Finding[] {
  const { stages, dockerfile } = subject;
  const target = stages.find(({ isTarget }) => isTarget);
  const found = target
    ? configurationFindings({ ...predictImage(target, dockerfile.escape), accounts: undefined }).map((one) =>
        placed(one, target),
      )
    : [];
  found.push(...configurationSecrets({}, dockerfile.globalArgs.map(stepOf)));
  for (const stage of stages) {
    const { config, steps } = predictStage(stage, dockerfile.escape);
    found.push(...configurationSecrets(config, steps), ...endOfLife(stage, now));
  }
  return withoutRepetitions(found);
}

function endOfLife({ base, parent, parsed }: AuditedStage, now: number): readonly Finding[] {
  const release = base === undefined || parent ? undefined : releaseOfBase(base);
  const { text: instruction, source } = parsed.from;
  const found = release && endOfLifeFinding(release, now, { instruction, source });
  return found ? [found] : [];
}

/** What is missing has no line: it is said of the stage. */
function placed(one: Finding, { parsed }: AuditedStage): Finding {
  return one.origin.source
    ? one
    : { ...one, origin: { instruction: parsed.from.text, source: parsed.from.source } };
}

/** Stages may say the same of the same. */
function withoutRepetitions(findings: readonly Finding[]): readonly Finding[] {
  const first = new Map<string, Finding>();
  for (const one of findings) {
    const key = fingerprint(one);
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()];
}
