import { SlipwayError } from "../core/errors.ts";
import { type Platform, parsePlatform } from "../core/platform.ts";
import { reportingUnset } from "../dockerfile/expand.ts";
import { goQuote } from "../dockerfile/go-quote.ts";
import type { FromInstruction, ParsedStage } from "../dockerfile/instructions.ts";
import type { Warn } from "../dockerfile/linter.ts";
import type { Budget } from "./budget.ts";
import { didYouMean, nearestVariable } from "./did-you-mean.ts";
import type { Environment } from "./environment.ts";
import { type EscapeCharacter, expandText, type GlobalExpansion } from "./expansion.ts";
import { invalidStage, located } from "./located.ts";
import type { NamedContexts } from "./named-context.ts";
import type { NewStage, StageTable } from "./stage-table.ts";

/** What FROM lines are evaluated with. */
export interface FromScope {
  readonly globalArgs: Environment;
  /** Every name the global scope declares, set or not. */
  readonly globalNames: ReadonlySet<string>;
  readonly escape: EscapeCharacter;
  readonly budget: Budget;
  readonly platform: Platform;
  readonly contexts: NamedContexts;
  readonly warn: Warn;
}

interface ExpandedPlatform {
  readonly platform: Platform | undefined;
  readonly used: ReadonlySet<string>;
}
const NO_PLATFORM: ExpandedPlatform = { platform: undefined, used: new Set() };

/** Expands a FROM line and enters its stage into the table (SPEC FR-01 to FR-03, SG-01). Throws STAGE_INVALID, EXPANSION_FAILED. */
export function registerStage(table: StageTable, stage: ParsedStage, scope: FromScope): void {
  const { from } = stage;
  table.register(
    located(from.source, () => {
      const base = expandBase(from, scope);
      const { platform, used } =
        from.platform === undefined ? NO_PLATFORM : expandPlatform(from, from.platform, scope);
      const replacement =
        from.stageName === undefined
          ? undefined
          : scope.contexts.forStage(from.stageName, platform ?? scope.platform);
      return {
        source: from.source,
        comments: from.comments,
        ...(from.stageName === undefined ? {} : { name: from.stageName }),
        base: base.text,
        usedArgs: new Set([...base.used, ...used]),
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

function expandBase(from: FromInstruction, scope: FromScope): GlobalExpansion {
  const expanded = expandReporting(from.image, from, scope);
  if (expanded.text === "")
    throw invalidStage(
      `base name (${from.image}) should not be blank`,
      "give the variable a value with --build-arg, or a default",
    );
  return expanded;
}

function expandReporting(text: string, from: FromInstruction, scope: FromScope): GlobalExpansion {
  const report = (unset: readonly string[]) => warnOfUndeclared(unset, from, scope);
  const expanded = reportingUnset(() => expandText(text, scope.globalArgs, scope), report);
  report(expanded.unset);
  return expanded;
}

function warnOfUndeclared(
  unset: readonly string[],
  from: FromInstruction,
  { globalNames, warn }: FromScope,
): void {
  for (const name of unset) {
    if (globalNames.has(name)) continue;
    const question = didYouMean(nearestVariable(name, globalNames));
    warn("UndefinedArgInFrom", `FROM argument '${name}' is not declared${question}`, from);
  }
}

function expandPlatform(from: FromInstruction, written: string, scope: FromScope): ExpandedPlatform {
  const expanded = expandReporting(written, from, scope);
  const { text, unset } = expanded;
  warnOfTargetPlatform(written, expanded, from, scope);
  if (text === "") {
    const candidate = unset.map((name) => nearestVariable(name, scope.globalNames)).find(Boolean);
    throw invalidStage(
      `empty platform value from expression ${written}${didYouMean(candidate)}`,
      "give the variable a value with --build-arg, or a default",
    );
  }
  const platform = parseOrExplain(text, written);
  warnOfConstant(platform, expanded, from, scope);
  return { platform, used: expanded.used };
}

/** SPEC §7 RedundantTargetPlatform: nothing but that variable, in whatever form. */
function warnOfTargetPlatform(
  written: string,
  { text, used, unset }: GlobalExpansion,
  from: FromInstruction,
  { globalArgs, warn }: FromScope,
): void {
  const isAlone = used.size === 1 && used.has("TARGETPLATFORM") && unset.length === 0;
  if (!isAlone || text !== globalArgs.get("TARGETPLATFORM")) return;
  const message = `Setting platform to predefined ${written} in FROM is redundant as this is the default behavior`;
  warn("RedundantTargetPlatform", message, from);
}

/** SPEC §7 FromPlatformFlagConstDisallowed. */
function warnOfConstant(
  { os, architecture }: Platform,
  { text, used, unset }: GlobalExpansion,
  from: FromInstruction,
  { warn }: FromScope,
): void {
  const name = from.stageName ?? "";
  if (used.size > 0 || unset.length > 0 || name.includes(os) || name.includes(architecture)) return;
  const message = `FROM --platform flag should not use constant value ${goQuote(text)}`;
  warn("FromPlatformFlagConstDisallowed", message, from);
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
