import { isSlipwayError } from "../core/errors.ts";
import { normalizePlatform, type Platform, parsePlatform } from "../core/platform.ts";
import { redactCredentials } from "../core/redact-credentials.ts";
import { expandWord } from "../dockerfile/expand.ts";
import { formatWithVersion } from "./predefined-args.ts";
import type { Call, StageSetting, StageState } from "./stage-state.ts";

/** Variables of a stage. */
type Lookup = { get(name: string): string | undefined };

/** What the name of a step at `position` of its stage begins with: `[linux/amd64 build 2/5] ` (SPEC SG-08). */
export function stepPrefix(stage: StageSetting, position: number, env: Lookup): string {
  const total = String(stage.stepTotal);
  const platform = stage.build.multiPlatform
    ? `${formatWithVersion(stage.platform)}${crossMark(stage.platform, env)}`
    : "";
  const count = `${String(position).padStart(total.length)}/${total}`;
  return `[${[platform, stage.shownName, count].filter(Boolean).join(" ")}] `;
}

/** `->arch` where the stage builds for another platform than it runs on. */
function crossMark(own: Platform, env: Lookup): string {
  const target = targetOf(own, env);
  if (!target) return "";
  if (target.os !== own.os) return `->${formatWithVersion(target)}`;
  if (target.architecture === own.architecture) return "";
  return `->${target.architecture}${target.variant ? `/${target.variant}` : ""}`;
}

/** The platform that the TARGET* variables of the stage name; undefined where it has none of them. */
function targetOf(own: Platform, env: Lookup): Platform | undefined {
  const whole = env.get("TARGETPLATFORM");
  if (whole) return parsedOrUndefined(whole);
  const parts = ["TARGETOS", "TARGETARCH", "TARGETVARIANT"].map((key) => env.get(key));
  if (parts.every((part) => part === undefined)) return undefined;
  const [os, architecture, variant] = parts;
  return normalizePlatform({
    os: os || own.os,
    architecture: architecture || own.architecture,
    ...(variant ? { variant } : {}),
  });
}

function parsedOrUndefined(text: string): Platform | undefined {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (isSlipwayError(error, "PLATFORM_INVALID")) return undefined;
    throw error;
  }
}

/**
 * The name of the next step (SPEC SG-08, RN-13): the instruction as written with its keyword in upper case and variables
 * that are set filled in. `masked` variables show as `****` (RN-07).
 */
export function nextStepName(
  state: StageState,
  call: Call,
  extra: { readonly suffix?: string; readonly masked?: ReadonlySet<string> } = {},
): string {
  const prefix = stepPrefix(call.stage, state.position + 1, state.variables.content);
  const text = displayText(state, call, extra.masked ?? new Set()) + (extra.suffix ?? "");
  return prefix + (call.fromTrigger ? "ONBUILD " : "") + redactCredentials(text);
}

function displayText(state: StageState, call: Call, masked: ReadonlySet<string>): string {
  const { text, keyword } = call.instruction;
  const upper = keyword.toUpperCase() + text.slice(keyword.length);
  const variables = state.variables.content;
  const lookup = (name: string) => (masked.has(name) ? "****" : variables.get(name));
  try {
    const { escape, budget } = call.stage.build;
    const options = { escape, budget: budget.expansion, quotes: "keep", keepUnset: true } as const;
    return expandWord(upper, lookup, options).value;
  } catch (error) {
    if (isSlipwayError(error, "EXPANSION_FAILED")) return upper;
    throw error;
  }
}

/** ` (first line...)` of a heredoc's body; dots only where there are more lines (SPEC RN-13). */
export function heredocSummary(body: string): string {
  const [first = "", ...rest] = body.trim().replaceAll("\r\n", "\n").split("\n");
  return ` (${first}${rest.length > 0 ? "..." : ""})`;
}

/** The name of a stage's FROM. */
export function fromStepName(stage: StageSetting, image: string): string {
  return `${stepPrefix(stage, 1, new Map())}FROM ${image}`;
}
