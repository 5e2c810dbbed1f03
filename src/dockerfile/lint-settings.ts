import { SlipwayError } from "../core/errors.ts";
import { goBoolean } from "../core/go-boolean.ts";
import type { SourceRange } from "../core/source-range.ts";
import { readDirective } from "./directives.ts";
import { goQuote } from "./go-quote.ts";
import { type LintRule, ruleFacts } from "./lint-rules.ts";

/** `all`, or names of rules; names that no rule has do no harm. */
type RuleSet = "all" | ReadonlySet<string>;

/** Which rules speak, and whether a finding ends the build (SPEC LN-02). */
export interface LintSettings {
  readonly skip: RuleSet;
  readonly experimental: RuleSet;
  /** `error=true`. */
  readonly fatal: boolean;
}

export const DEFAULT_LINT: LintSettings = { skip: new Set(), experimental: new Set(), fatal: false };

/** The build argument that stands in for the `# check=` line. */
export const CHECK_ARG = "BUILDKIT_DOCKERFILE_CHECK";

/**
 * The settings of a file: the build argument where it is given, even empty; else the `# check=` line (SPEC LN-02). Throws
 * DOCKERFILE_SYNTAX, at the line, or USAGE for the argument.
 */
export function lintSettings(request: {
  readonly buildArg: string | undefined;
  readonly line: { readonly value: string; readonly source: SourceRange } | undefined;
}): LintSettings {
  const { buildArg, line } = request;
  if (buildArg !== undefined) {
    const settings = parseLintSettings(buildArg);
    if (!("problem" in settings)) return settings;
    throw new SlipwayError("USAGE", `failed to parse build-arg:${CHECK_ARG}: ${settings.problem}`, {
      hint: HINT,
    });
  }
  if (!line) return DEFAULT_LINT;
  const settings = parseLintSettings(line.value);
  if (!("problem" in settings)) return settings;
  throw new SlipwayError("DOCKERFILE_SYNTAX", `failed to parse check options: ${settings.problem}`, {
    source: line.source,
    hint: HINT,
  });
}

const HINT =
  "write skip=<rules>;error=<true or false>;experimental=<rules>, where rules are names with commas or `all`";

/** Settings with what a `# check=` among the comments above an instruction adds (SPEC LN-03). One that cannot be read adds nothing. */
export function settingsBelow(settings: LintSettings, comments: readonly string[]): LintSettings {
  const directive = comments
    .map((comment) => readDirective(comment, ""))
    .find((found) => found?.name === "check");
  if (!directive) return settings;
  const added = parseLintSettings(directive.value.split(" ", 1)[0]!);
  if ("problem" in added) return settings;
  return {
    skip: union(settings.skip, added.skip),
    experimental: union(settings.experimental, added.experimental),
    fatal: settings.fatal,
  };
}

/** Experimental rules speak where they are asked for, `skip` or not; all others unless they are skipped (SPEC LN-03). */
export function isHeard(rule: LintRule, { skip, experimental }: LintSettings): boolean {
  return ruleFacts(rule).experimental ? has(experimental, rule) : !has(skip, rule);
}

function has(set: RuleSet, rule: LintRule): boolean {
  return set === "all" || set.has(rule);
}

function union(a: RuleSet, b: RuleSet): RuleSet {
  return a === "all" || b === "all" ? "all" : new Set([...a, ...b]);
}

/** `;` separates at most three parts; what stands behind the second one is one part (SPEC LN-02). */
export function parseLintSettings(text: string): LintSettings | { readonly problem: string } {
  let settings = DEFAULT_LINT;
  if (text.trim() === "") return settings;
  const [first = "", second, ...rest] = text.trim().split(";");
  const parts = [
    first,
    ...(second === undefined ? [] : [second]),
    ...(rest.length > 0 ? [rest.join(";")] : []),
  ];
  for (const part of parts) {
    const equals = part.indexOf("=");
    if (equals < 0) return { problem: `invalid check option ${goQuote(part)}` };
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    switch (key) {
      case "skip":
      case "experimental":
        settings = { ...settings, [key]: ruleSet(value) };
        break;
      case "error": {
        const fatal = goBoolean(value);
        if (fatal === undefined)
          return {
            problem: `failed to parse check option ${goQuote(part)}: strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`,
          };
        settings = { ...settings, fatal };
        break;
      }
      default:
        return { problem: `invalid check option ${goQuote(key)}` };
    }
  }
  return settings;
}

function ruleSet(text: string): RuleSet {
  return text === "all" ? "all" : new Set(text.split(",").map((name) => name.trim()));
}
