import { SlipwayError } from "../core/errors.ts";
import { fullName, parseReference } from "../image/reference.ts";
import { parseAnnotation } from "../output/annotations.ts";
import { checkDestination, type DestinationOptions } from "../output/destination.ts";
import { isKept } from "../output/export-build.ts";
import { type OutputSpec, outputOf } from "../output/output-spec.ts";
import { EPOCH_ARG } from "../plan/epoch.ts";
import type { BuildOptions } from "./build-options.ts";

/**
 * Explicit outputs, with --push, --load and --annotation folded in (SPEC 8.1); the default is the store (CL-02). Throws `USAGE`
 * for a push that has no name, `REFERENCE_INVALID` for a wrong tag.
 */
export function outputsOf(options: BuildOptions): readonly OutputSpec[] {
  // Before anything is built.
  tagNames(options);
  const annotations = (options.annotations ?? []).flatMap(parseAnnotation);
  const given = options.outputs?.length ? options.outputs : [outputOf("image")];
  const outputs = pushed(loaded(given, options.load ?? false), options.push ?? false).map((output) =>
    outputOf(output.type, {
      ...output,
      annotations: [...output.annotations, ...annotations],
      rewriteTimestamp: output.rewriteTimestamp || options.reproducible === true,
    }),
  );
  for (const output of outputs) if (output.push) checkPushNames(output, options.tags ?? []);
  return outputs;
}

/** The build arguments, with the epoch of a build that is to be reproducible and has none. */
export function withEpochArgument<T extends BuildOptions>(options: T): T {
  if (!options.reproducible || options.buildArgs?.[EPOCH_ARG]) return options;
  return { ...options, buildArgs: { ...options.buildArgs, [EPOCH_ARG]: "0" } };
}

/** Refuses destinations that could never be written. Throws `OUTPUT_INVALID`. */
export function checkOutputs(outputs: readonly OutputSpec[], options: DestinationOptions): void {
  for (const { type, dest, tar } of outputs)
    if (dest !== undefined)
      checkDestination({ dest, kind: type === "local" || !tar ? "folder" : "file" }, options);
}

/** Full names of the build's tags. */
export function tagNames({ tags = [] }: BuildOptions): readonly string[] {
  return tags.map((tag) => fullName(parseReference(tag)));
}

/** Something has to keep the image in the store, under its names. */
function loaded(outputs: readonly OutputSpec[], load: boolean): readonly OutputSpec[] {
  return !load || outputs.some(isKept) ? outputs : [...outputs, outputOf("docker")];
}

/** Image outputs are pushed; where there is none, one is added. */
function pushed(outputs: readonly OutputSpec[], push: boolean): readonly OutputSpec[] {
  if (!push) return outputs;
  const all = outputs.map((output) =>
    output.type === "image" ? outputOf("image", { ...output, push: true }) : output,
  );
  return all.some((output) => output.push) ? all : [...all, outputOf("image", { push: true })];
}

function checkPushNames({ names, pushByDigest }: OutputSpec, tags: readonly string[]): void {
  const used = tags.length > 0 ? tags : names.filter((name) => name !== "*");
  if (used.length === 0)
    throw new SlipwayError("USAGE", "tag is needed when pushing to registry", {
      hint: "name the image with -t NAME:TAG",
    });
  const tagged = used.find((name) => parseReference(name, { addLatest: false }).tag !== undefined);
  if (pushByDigest && tagged)
    throw new SlipwayError("USAGE", `can't push tagged ref ${tagged} by digest`, {
      hint: "leave the tag out",
    });
}
