import { SlipwayError } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { writeText } from "../write-text.ts";

/** Flags of `diff` as commander gives them. */
export interface DiffFlags {
  readonly format?: "text" | "json";
  readonly exitCode?: boolean;
  readonly only?: "config" | "files";
  readonly path: readonly string[];
  readonly content: readonly string[];
  readonly times?: boolean;
  readonly all?: boolean;
  readonly platform: readonly string[];
  readonly pull?: "always" | "missing" | "never";
}

/** `slipway diff`: with `--exit-code` 1 where two images differ (docs/exit-codes.md). */
export function diffCommand(
  context: CliContext,
  [first, second]: readonly [string, string | undefined],
  flags: DiffFlags,
): Promise<number> {
  if (second !== undefined) return compareImages(context, [first, second], flags);
  if (Object.values(flags).some((value) => !Array.isArray(value) || value.length > 0))
    throw new SlipwayError("USAGE", "these flags are for two images, and one name is that of a container", {
      hint: "name the second image, too",
    });
  return listChanges(context, first);
}

async function listChanges({ environment, stdout }: CliContext, container: string): Promise<number> {
  const { diffContainer } = await import("../../api/container-files.ts");
  const changes = await diffContainer(container, environment);
  writeText(stdout, changes.map(({ kind, path }) => `${kind} ${path}\n`).join(""));
  return EXIT.ok;
}

async function compareImages(
  { environment, stdout, signal }: CliContext,
  [before, after]: readonly [string, string],
  flags: DiffFlags,
): Promise<number> {
  const { diffImages } = await import("../../api/image-diff.ts");
  const diff = await diffImages(
    {
      before,
      after,
      platforms: flags.platform.map(parsePlatform),
      ...(flags.only ? { only: flags.only } : {}),
      paths: flags.path,
      contents: flags.content,
      times: flags.times ?? false,
      pull: flags.pull ?? "missing",
      signal,
    },
    environment,
  );
  if (flags.format === "json") stdout.write(`${JSON.stringify(diff, null, 2)}\n`);
  else {
    const { imageDiffText } = await import("./diff-text.ts");
    writeText(stdout, imageDiffText(diff, flags.all ?? false));
  }
  return diff.differs && flags.exitCode ? EXIT.failed : EXIT.ok;
}
