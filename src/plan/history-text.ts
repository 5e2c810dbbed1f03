import { redactCredentials } from "../core/redact-credentials.ts";
import { formatGoDuration } from "../dockerfile/go-duration.ts";
import { goQuote } from "../dockerfile/go-quote.ts";
import type { HealthcheckInstruction, KeyValue } from "../dockerfile/instructions.ts";
import type { BuildArg } from "./stage-variables.ts";

/** What marks the instructions that write files (SPEC HI-03). */
const LAYER_MARK = " # buildkit";

/** `["a" "b"]` */
export function quotedList(items: readonly string[]): string {
  return `[${items.map(goQuote).join(" ")}]`;
}

/** `[a b]` */
export function plainList(items: readonly string[]): string {
  return `[${items.join(" ")}]`;
}

/** `ENV a=1 b=x y` (SPEC HI-05). */
export function pairsText(keyword: "ENV" | "LABEL", pairs: readonly KeyValue[]): string {
  return [keyword, ...pairs.map(({ key, value }) => `${key}=${value}`)].join(" ");
}

/** `ARG a=1 b` (SPEC HI-05). */
export function argText(args: readonly BuildArg[]): string {
  return `ARG ${args.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)).join(" ")}`;
}

/** `RUN |2 a=1 b=2 /bin/sh -c make # buildkit` (SPEC HI-04). */
export function runText(argv: readonly string[], argumentPrefix: string): string {
  return `RUN ${argumentPrefix}${argv.join(" ")}${LAYER_MARK}`;
}

/** `COPY --chown=1:2 a b /d/ # buildkit`: sources and destination expanded but not made absolute (SPEC HI-06). */
export function copyText(copy: {
  readonly instruction: "COPY" | "ADD";
  readonly parents: boolean;
  readonly chown: string;
  readonly chmod: string;
  readonly sources: readonly string[];
  readonly heredocs: readonly string[];
  readonly destination: string;
}): string {
  const words = [
    copy.instruction,
    ...(copy.parents ? ["--parents"] : []),
    ...(copy.chown ? [`--chown=${copy.chown}`] : []),
    ...(copy.chmod ? [`--chmod=${copy.chmod}`] : []),
    ...copy.sources.map(redactCredentials),
    ...copy.heredocs.map((name) => `<<${name}`),
    copy.destination,
  ];
  return words.join(" ") + LAYER_MARK;
}

/** `HEALTHCHECK {Test:[CMD-SHELL x] Interval:30s …}` with all six fields (SPEC CF-19). */
export function healthcheckText(check: HealthcheckInstruction): string {
  const durations = [
    `Interval:${formatGoDuration(check.interval)}`,
    `Timeout:${formatGoDuration(check.timeout)}`,
    `StartPeriod:${formatGoDuration(check.startPeriod)}`,
    `StartInterval:${formatGoDuration(check.startInterval)}`,
  ];
  return `HEALTHCHECK {Test:${plainList(check.test)} ${durations.join(" ")} Retries:${check.retries}}`;
}
