import { rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BuildResult } from "../../api/build-options.ts";
import type { Environment } from "../../api/environment.ts";
import { SlipwayError } from "../../core/errors.ts";
import { goBoolean } from "../../core/go-boolean.ts";
import { outputError } from "../../output/destination.ts";
import type { OutputSpec } from "../../output/output-spec.ts";
import type { BuildFlags } from "./build-flag-values.ts";
import { metadataWarnings } from "./metadata-warnings.ts";

type FileFlags = Pick<BuildFlags, "iidfile" | "metadataFile">;

/** A long build must not end in a file that could never be written; an id of an earlier build must not stay (SPEC 8.1, --iidfile). */
export function prepareFiles(
  { iidfile, metadataFile }: FileFlags,
  outputs: readonly OutputSpec[],
  cwd: string,
): void {
  for (const path of [iidfile, metadataFile]) if (path) checkWritable(resolve(cwd, path));
  if (!iidfile) return;
  if (outputs.some(({ type }) => type === "local" || type === "tar"))
    throw new SlipwayError("USAGE", "local and tar exporters are incompatible with image ID file", {
      hint: "leave --iidfile out: files have no image id",
    });
  const path = resolve(cwd, iidfile);
  asOutput(path, () => {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path);
  });
}

function checkWritable(path: string): void {
  asOutput(path, () => {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new SlipwayError("OUTPUT_INVALID", `cannot write ${path}: it is a folder`, {
        hint: "give the name of a file",
      });
    if (!statSync(dirname(path)).isDirectory())
      throw new SlipwayError("OUTPUT_INVALID", `cannot write ${path}: ${dirname(path)} is not a folder`);
  });
}

/** Writes the files that were asked for, after a build that worked. `sources`: texts of the files that warnings are about. */
export function writeResult(
  result: BuildResult,
  sources: ReadonlyMap<string, string>,
  flags: FileFlags,
  environment: Environment,
): void {
  const { cwd, variables } = environment;
  if (flags.iidfile) writeText(resolve(cwd, flags.iidfile), result.imageId);
  const withWarnings = goBoolean(variables.BUILDX_METADATA_WARNINGS ?? "") ?? false;
  const warnings = withWarnings ? metadataWarnings(result.warnings, sources) : [];
  writeMetadata(
    {
      ...(warnings.length > 0 ? { "buildx.build.warnings": warnings } : {}),
      ...metadata(result),
      ...(result.hardening.length > 0 ? { "slipway.hardening": result.hardening } : {}),
    },
    flags,
    environment,
  );
}

/** Writes `--metadata-file`, where it was asked for. */
export function writeMetadata(
  facts: Readonly<Record<string, unknown>>,
  { metadataFile }: FileFlags,
  { cwd }: Environment,
): void {
  if (metadataFile) writeText(resolve(cwd, metadataFile), `${JSON.stringify(facts, null, 2)}\n`);
}

function writeText(path: string, text: string): void {
  asOutput(path, () => writeFileSync(path, text, { mode: 0o644 }));
}

function asOutput(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw outputError(error, path);
  }
}

/** The keys that `docker buildx build --metadata-file` writes, of a result that is an image (SPEC MF-05, 8.1). */
function metadata(result: BuildResult): Record<string, unknown> {
  const { exported, names } = result;
  if (!exported) return {};
  return {
    ...(result.imageId === exported.digest ? {} : { "containerimage.config.digest": result.imageId }),
    "containerimage.descriptor": exported,
    "containerimage.digest": exported.digest,
    ...(names.length > 0 ? { "image.name": names.join(",") } : {}),
  };
}
