import { SlipwayError } from "../core/errors.ts";
import { type Platform, parsePlatform } from "../core/platform.ts";
import { suggest } from "../core/suggest.ts";
import type { FromInstruction, ParsedStage } from "../dockerfile/instructions.ts";
import type { Environment } from "./environment.ts";
import { type EscapeCharacter, expandText } from "./expansion.ts";
import { invalidStage, located } from "./located.ts";
import type { NamedContexts } from "./named-context.ts";
import type { NewStage, StageTable } from "./stage-table.ts";
import { didYouMean, type Warn } from "./warnings.ts";

/** What FROM lines are evaluated with. */
export interface FromScope {
  readonly globalArgs: Environment;
  /** The global scope with nothing but defaults, for the lint of default values. */
  readonly defaultArgs: Environment;
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
      warnOfNames(table, from, scope.warn);
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
        baseAsWritten: from.image,
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

function warnOfNames(table: StageTable, from: FromInstruction, warn: Warn): void {
  const name = from.stageName;
  if (name === undefined) return;
  if (table.find(name) !== undefined)
    warn("DuplicateStageName", `Duplicate stage name "${name}", stage names should be unique`, from.source);
  if (name === "scratch" || name === "context")
    warn(
      "ReservedStageName",
      `Stage name should not use the same name as reserved stage "${name}"`,
      from.source,
    );
}

function expandBase(from: FromInstruction, scope: FromScope): string {
  const { text, unset } = expandText(from.image, scope.globalArgs, scope.escape);
  warnOfUndeclared(unset, from, scope);
  warnOfDefault(from, scope);
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
  if (!from.image.includes("$")) return;
  const { text } = expandText(from.image, scope.defaultArgs, scope.escape);
  if (text !== "" && !/^[:/@]|[:/@]$|\/\/|::/.test(text)) return;
  scope.warn(
    "InvalidDefaultArgInFrom",
    `Default value for ARG ${from.image} results in empty or invalid base image name`,
    from.source,
  );
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
  if (text === "") throw invalidStage(`empty platform value from expression ${written}`);
  const platform = parseOrExplain(text);
  const name = from.stageName ?? "";
  if (!written.includes("$") && !name.includes(platform.os) && !name.includes(platform.architecture))
    scope.warn(
      "FromPlatformFlagConstDisallowed",
      `FROM --platform flag should not use constant value "${written}"`,
      from.source,
    );
  return platform;
}

function parseOrExplain(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    throw new SlipwayError(
      "PLATFORM_INVALID",
      `failed to parse platform ${text}: ${error.message}`,
      error.hint ? { hint: error.hint } : {},
    );
  }
}
