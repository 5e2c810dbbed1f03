import type { CaseSpec } from "../case.ts";
import type { Failure, Observation, ObservedImage, ObservedLayer } from "../observation.ts";
import type { Difference } from "./difference.ts";
import { compareEntries } from "./entries.ts";
import { compareJson } from "./json.ts";

/** Everything in which the two results of a case are not the same. */
export function compareObservations(
  spec: CaseSpec,
  buildkit: Observation,
  slipway: Observation,
): readonly Difference[] {
  if (buildkit.outcome !== slipway.outcome)
    return [{ where: "outcome", buildkit: outcomeOf(buildkit), slipway: outcomeOf(slipway) }];
  return [
    ...compareExpectation(spec, slipway),
    ...(buildkit.failure && slipway.failure ? compareFailures(spec, buildkit.failure, slipway.failure) : []),
    ...compareJson("answer", buildkit.answer, slipway.answer),
    ...compareEntries("files", buildkit.files ?? [], slipway.files ?? []),
    ...compareImages(spec, buildkit.images ?? [], slipway.images ?? []),
  ];
}

function outcomeOf({ outcome, failure }: Observation): string {
  return failure ? `${outcome} (${failure.cause})` : outcome;
}

/** Both agree, but on what the case did not mean to show. */
function compareExpectation(spec: CaseSpec, observation: Observation): readonly Difference[] {
  const expected = spec.expect ?? "success";
  if (expected === "same" || observation.outcome === expected || observation.answer !== undefined) return [];
  const found = outcomeOf(observation);
  return [{ where: `expected ${expected}`, buildkit: found, slipway: found }];
}

function compareFailures(spec: CaseSpec, buildkit: Failure, slipway: Failure): readonly Difference[] {
  if (spec.expect === "same") return [];
  const causes = { buildkit: normalCause(buildkit.cause), slipway: normalCause(slipway.cause) };
  const same = spec.reason
    ? [causes.buildkit, causes.slipway].every((cause) => new RegExp(spec.reason!, "m").test(cause))
    : causes.buildkit === causes.slipway;
  const where = spec.reason ? `reason /${spec.reason}/` : "reason";
  return [
    ...(same ? [] : [{ where, ...causes }]),
    // Where BuildKit knows no lines there is nothing to agree with.
    ...(buildkit.lines.length > 0 ? compareJson("error lines", buildkit.lines, slipway.lines) : []),
  ];
}

/** References to snapshots are random, and blanks at line ends say nothing. */
export function normalCause(cause: string): string {
  return cause
    .replace(/checksum of ref \S+: /g, "checksum of ref …: ")
    .replace(/[ \t]+$/gm, "")
    .trim();
}

function compareImages(
  spec: CaseSpec,
  buildkit: readonly ObservedImage[],
  slipway: readonly ObservedImage[],
): readonly Difference[] {
  if (buildkit.length !== slipway.length)
    return [
      { where: "number of images", buildkit: String(buildkit.length), slipway: String(slipway.length) },
    ];
  return buildkit.flatMap((theirs, index) => {
    const ours = slipway[index]!;
    const at = buildkit.length > 1 ? `image ${theirs.platform} ` : "";
    return [
      ...compareJson(`${at}platform`, theirs.platform, ours.platform),
      ...compareJson(`${at}config`, theirs.config, ours.config),
      ...compareJson(`${at}history`, theirs.history, ours.history),
      ...(spec.exact ? compareJson(`${at}digest of`, theirs.documents, ours.documents) : []),
      ...compareLayers(spec, at, { buildkit: theirs.layers, slipway: ours.layers }),
    ];
  });
}

function compareLayers(
  spec: CaseSpec,
  at: string,
  { buildkit, slipway }: { buildkit: readonly ObservedLayer[]; slipway: readonly ObservedLayer[] },
): readonly Difference[] {
  const counts = compareJson(`${at}number of layers`, buildkit.length, slipway.length);
  const layers = buildkit.flatMap((theirs, index) => {
    const ours = slipway[index];
    const where = `${at}layer ${index}`;
    if (!ours || ours.diffId === theirs.diffId) return [];
    const entries = compareEntries(where, theirs.entries ?? [], ours.entries ?? []);
    const mustBeEqual = spec.exact || !theirs.entries || !ours.entries;
    return entries.length === 0 && mustBeEqual
      ? compareJson(`${where} diff ID`, theirs.diffId, ours.diffId)
      : entries;
  });
  return [...counts, ...layers];
}
