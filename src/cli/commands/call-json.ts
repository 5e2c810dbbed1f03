import type { CheckResult } from "../../api/check.ts";
import type { DockerfileSource } from "../../api/dockerfile-session.ts";
import type { OutlineResult, TargetsResult } from "../../api/outline.ts";
import { placesOf, type SlipwayError } from "../../core/errors.ts";
import type { SourceRange } from "../../core/source-range.ts";
import { LINT_RULES } from "../../dockerfile/lint-rules.ts";

/** Version of every answer's form (SPEC SG-17). */
export const CALL_VERSION = "1.0.0";

/** An instruction with more lines than this gets one range: a finding for each of its lines would make too many. */
const MOST_RANGES = 1000;

/** Places as BuildKit's results have them: one range for every line (SPEC LN-01, PO-07). */
export function rangesOf({ start, end }: SourceRange) {
  if (end - start >= MOST_RANGES) return [{ start: { line: start }, end: { line: end } }];
  return Array.from({ length: end - start + 1 }, (_, offset) => {
    const line = start + offset;
    return { start: { line }, end: { line } };
  });
}

function locationOf(source: SourceRange) {
  return { ranges: rangesOf(source) };
}

export function sourceInfo({ name, bytes }: DockerfileSource) {
  return { filename: name, data: base64(bytes), language: "Dockerfile" };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** The result of a check (SPEC LN-06). `error` is the name in the specification, `buildError` that of BuildKit. */
export function checkJson({ warnings, error, dockerfile }: CheckResult) {
  const failure = error && { message: error.message, location: locationOfError(error) };
  return {
    version: CALL_VERSION,
    warnings: warnings.map(({ rule, url, message, source }) => ({
      ruleName: rule,
      description: LINT_RULES[rule].description,
      ...(url === undefined ? {} : { url }),
      detail: message,
      location: locationOf(source),
    })),
    sources: [sourceInfo(dockerfile)],
    ...(failure ? { error: failure, buildError: failure } : {}),
  };
}

/** A circle of stages has the places of all its instructions (SPEC SG-04). */
function locationOfError(error: SlipwayError): { ranges?: ReturnType<typeof rangesOf> } {
  const places = placesOf(error);
  return places.length > 0 ? { ranges: places.flatMap(rangesOf) } : {};
}

/** The outline of a target (SPEC SG-17); lists that would be empty are left out. */
export function outlineJson({
  name,
  description,
  args,
  secrets,
  ssh,
  cacheMounts,
  dockerfile,
}: OutlineResult) {
  return {
    version: CALL_VERSION,
    ...(name ? { name } : {}),
    ...(description ? { description } : {}),
    ...list("args", args, (arg) => ({
      name: arg.name,
      ...(arg.description ? { description: arg.description } : {}),
      ...(arg.value ? { value: arg.value } : {}),
      location: locationOf(arg.source),
    })),
    ...list("secrets", secrets, secretJson),
    ...list("ssh", ssh, secretJson),
    ...list("cache", cacheMounts, ({ id, source }) => ({ ID: id, location: locationOf(source) })),
    sources: [base64(dockerfile.bytes)],
  };
}

function secretJson({ name, required, source }: OutlineResult["secrets"][number]) {
  return { name, ...(required ? { required } : {}), location: locationOf(source) };
}

function list<K extends string, T, R>(key: K, items: readonly T[], form: (item: T) => R): { [P in K]?: R[] } {
  return (items.length > 0 ? { [key]: items.map(form) } : {}) as { [P in K]?: R[] };
}

/** The stages of a file (SPEC SG-17). */
export function targetsJson({ targets, dockerfile }: TargetsResult) {
  return {
    version: CALL_VERSION,
    targets: targets.map(({ name, isDefault, description, base, platform, source }) => ({
      ...(name ? { name } : {}),
      ...(isDefault ? { default: true } : {}),
      ...(description ? { description } : {}),
      base,
      ...(platform ? { platform } : {}),
      location: locationOf(source),
    })),
    sources: [base64(dockerfile.bytes)],
  };
}

const RESULT_PARTS = [
  { name: "result.json", description: "" },
  { name: "result.txt", description: "" },
];

/** The questions that can be asked (SPEC SG-17). */
export const DESCRIPTION = [
  {
    name: "frontend.outline",
    version: CALL_VERSION,
    type: "rpc",
    description: "List all parameters current build target supports",
    opts: [{ name: "target", description: "Target build stage" }],
    inputs: null,
    metadata: RESULT_PARTS,
    refs: null,
  },
  {
    name: "frontend.targets",
    version: CALL_VERSION,
    type: "rpc",
    description: "List all targets current build supports",
    opts: [],
    inputs: null,
    metadata: RESULT_PARTS,
    refs: null,
  },
  {
    name: "frontend.lint",
    version: CALL_VERSION,
    type: "rpc",
    description: "Lint a Dockerfile",
    opts: [],
    inputs: null,
    metadata: [...RESULT_PARTS, { name: "result.statuscode", description: "" }],
    refs: null,
  },
  {
    name: "frontend.subrequests.describe",
    version: CALL_VERSION,
    type: "rpc",
    description: "List available subrequest types",
    opts: null,
    inputs: null,
    metadata: RESULT_PARTS,
    refs: null,
  },
] as const;
