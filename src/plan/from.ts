import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { type Platform, parsePlatform } from "../core/platform.ts";
import { suggest } from "../core/suggest.ts";
import type { FromInstruction, ParsedStage } from "../dockerfile/instructions.ts";
import { parseReference } from "../image/reference.ts";
import type { Environment } from "./environment.ts";
import { type EscapeCharacter, expandText } from "./expansion.ts";
import { invalidStage, located } from "./located.ts";
import type { NamedContexts } from "./named-context.ts";
import type { NewStage, StageTable } from "./stage-table.ts";
import { didYouMean, type Warn } from "./warnings.ts";

/** What FROM lines are evaluated with. */
export interface FromScope {
  readonly globalArgs: Environment;
  /** The global scope with nothing but defaults, for the lint of default values; absent where it cannot be evaluated. */
  readonly defaultArgs: Environment | undefined;
  /** Every name the global scope declares, set or not. */
  readonly globalNames: ReadonlySet<string>;
  readonly escape: EscapeCharacter;
  readonly platform: Platform;
  readonly contexts: NamedContexts;
  readonly warn: Warn;
}

/** Expands a FROM line and enters its stage into the table (SPEC FR-01 to FR-03, SG-01). Throws STAGE_INVALID, EXPANSION_FAILED. */
export function registerStage(table: StageTable, stage: ParsedStage, scope: FromScope): void {
  const { from } = stage;
  table.register(
    located(from.source, () => {
      const base = expandBase(from, scope);
      const platform = from.platform === undefined ? undefined : expandPlatform(from, from.platform, scope);
      const replacement =
        from.stageName === undefined
          ? undefined
          : scope.contexts.find(from.stageName, platform ?? scope.platform);
      return {
        source: from.source,
        ...(from.stageName === undefined ? {} : { name: from.stageName }),
        base,
        ...(platform ? { platform } : {}),
        ...(replacement ? { replacement } : {}),
        instructions: stage.instructions.map((instruction) => ({
          instruction,
          fromTrigger: false,
          sources: [],
        })),
      } satisfies NewStage;
    }),
  );
}

/** SPEC §7 ReservedStageName and DuplicateStageName; comes before anything else that planning judges (PO-05). */
export function warnOfStageNames(stages: readonly ParsedStage[], warn: Warn): void {
  const seen = new Set<string>();
  for (const { from } of stages) {
    const name = from.stageName;
    if (name === undefined) continue;
    if (name === "scratch" || name === "context")
      warn(
        "ReservedStageName",
        `Stage name should not use the same name as reserved stage "${name}"`,
        from.source,
      );
    if (seen.has(name))
      warn("DuplicateStageName", `Duplicate stage name "${name}", stage names should be unique`, from.source);
    seen.add(name);
  }
}

function expandBase(from: FromInstruction, scope: FromScope): string {
  warnOfDefault(from, scope);
  const { text, unset } = expandText(from.image, scope.globalArgs, scope.escape);
  warnOfUndeclared(unset, from, scope);
  if (text === "")
    throw invalidStage(
      `base name (${from.image}) should not be blank`,
      "give the variable a value with --build-arg, or a default",
    );
  return text;
}

function warnOfUndeclared(
  unset: readonly string[],
  from: FromInstruction,
  { globalNames, warn }: FromScope,
): void {
  for (const name of unset) {
    if (globalNames.has(name)) continue;
    warn(
      "UndefinedArgInFrom",
      `FROM argument '${name}' is not declared${didYouMean(suggest(name, [...globalNames]))}`,
      from.source,
    );
  }
}

/** SPEC §7 InvalidDefaultArgInFrom: without build arguments the name would be empty or malformed. */
function warnOfDefault(from: FromInstruction, scope: FromScope): void {
  if (!scope.defaultArgs || !from.image.includes("$") || isImageName(from.image, scope)) return;
  scope.warn(
    "InvalidDefaultArgInFrom",
    `Default value for ARG ${from.image} results in empty or invalid base image name`,
    from.source,
  );
}

/** Tells whether the text gives a well-formed image name; one that only a build-arg makes expandable passes (`${X:?}`). */
function isImageName(image: string, { defaultArgs, escape }: FromScope): boolean {
  try {
    parseReference(expandText(image, defaultArgs ?? new Map(), escape).text);
    return true;
  } catch (error) {
    if (isSlipwayError(error, "REFERENCE_INVALID")) return false;
    if (isSlipwayError(error, "EXPANSION_FAILED")) return true;
    throw error;
  }
}

const TARGET_PLATFORM = /^\$(TARGETPLATFORM|\{TARGETPLATFORM\})$/;

function expandPlatform(from: FromInstruction, written: string, scope: FromScope): Platform {
  if (TARGET_PLATFORM.test(written))
    scope.warn(
      "RedundantTargetPlatform",
      `Setting platform to predefined ${written} in FROM is redundant as this is the default behavior`,
      from.source,
    );
  const { text, unset } = expandText(written, scope.globalArgs, scope.escape);
  warnOfUndeclared(unset, from, scope);
  if (text === "") {
    const candidate = unset.map((name) => suggest(name, scope.globalNames)).find(Boolean);
    throw invalidStage(`empty platform value from expression ${written}${didYouMean(candidate)}`);
  }
  const platform = parseOrExplain(text, written);
  const name = from.stageName ?? "";
  if (!written.includes("$") && !name.includes(platform.os) && !name.includes(platform.architecture))
    scope.warn(
      "FromPlatformFlagConstDisallowed",
      `FROM --platform flag should not use constant value "${written}"`,
      from.source,
    );
  return platform;
}

function parseOrExplain(text: string, written: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    throw new SlipwayError(
      "PLATFORM_INVALID",
      `failed to parse platform ${written}: ${error.message}`,
      error.hint ? { hint: error.hint } : {},
    );
  }
}
