import type { Target } from "../engine/target.ts";
import { auditFilesTarget } from "./audit-files.ts";
import { auditPolicyTarget, globTarget } from "./audit-policy.ts";
import { compressionTarget } from "./compression.ts";
import { dockerConfigTarget, registriesConfTarget } from "./configs.ts";
import { contractTarget } from "./contract.ts";
import { dockerfileTarget } from "./dockerfile.ts";
import { documentsTarget } from "./documents.ts";
import { expandTarget } from "./expand.ts";
import { flagsTarget } from "./flags.ts";
import { gitUrlTarget } from "./git-url.ts";
import { ignoreTarget } from "./ignore.ts";
import { lockTarget } from "./lock.ts";
import { machineFilesTarget, statIndexTarget } from "./machine-files.ts";
import { planTarget } from "./plan.ts";
import { printersTarget } from "./printers.ts";
import { recordsTarget } from "./records.ts";
import { referenceTarget } from "./reference.ts";
import { registryAnswersTarget } from "./registry-answers.ts";
import { resolveTarget } from "./resolve.ts";
import { secretLayerTarget } from "./secret-layer.ts";
import { secretSearchTarget } from "./secret-search.ts";
import { shellTarget } from "./shell.ts";
import { shellPatternTarget } from "./shell-pattern.ts";
import { tarTarget } from "./tar.ts";
import { expressionTarget, testFileTarget } from "./test-files.ts";
import { configDiffTarget, textDiffTarget } from "./text-diff.ts";
import { tocTarget } from "./toc.ts";
import { treeDiffTarget } from "./tree-diff.ts";
import { valuesTarget } from "./values.ts";

/** Everything that reads what comes from outside. */
export const TARGETS: readonly Target[] = [
  dockerfileTarget,
  planTarget,
  expandTarget,
  shellPatternTarget,
  ignoreTarget,
  referenceTarget,
  gitUrlTarget,
  flagsTarget,
  valuesTarget,
  documentsTarget,
  registryAnswersTarget,
  recordsTarget,
  tarTarget,
  compressionTarget,
  tocTarget,
  resolveTarget,
  statIndexTarget,
  machineFilesTarget,
  registriesConfTarget,
  dockerConfigTarget,
  printersTarget,
  contractTarget,
  testFileTarget,
  expressionTarget,
  lockTarget,
  shellTarget,
  auditFilesTarget,
  auditPolicyTarget,
  globTarget,
  secretSearchTarget,
  secretLayerTarget,
  treeDiffTarget,
  textDiffTarget,
  configDiffTarget,
];

/** The target of that name; throws where there is none. */
export function targetNamed(name: string): Target {
  const found = TARGETS.find((target) => target.name === name);
  if (found) return found;
  throw new Error(`there is no target ${name}; there are ${TARGETS.map((target) => target.name).join(", ")}`);
}
