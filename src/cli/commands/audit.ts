import { auditImage } from "../../api/audit.ts";
import { auditDockerfile } from "../../api/audit-dockerfile.ts";
import { pathKind } from "../../api/image-path.ts";
import type { Origin } from "../../audit/finding.ts";
import {
  type AuditFormat,
  type AuditReport,
  failsOn,
  isSeverity,
  jsonReport,
  type PolicyReport,
  policyNotes,
} from "../../audit/report.ts";
import { isRuleId } from "../../audit/rules.ts";
import { sarifReport } from "../../audit/sarif.ts";
import { SEVERITIES } from "../../audit/severity.ts";
import { SlipwayError } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { fixSummary } from "../fix-summary.ts";
import { humanSize } from "../human.ts";
import { reportError } from "../report-error.ts";
import { formatTable } from "../table.ts";
import { VERSION } from "../version.ts";
import { visibleText, writeText } from "../write-text.ts";
import { buildArguments } from "./build-request.ts";

/** Flags of `audit` as commander gives them. */
export interface AuditFlags {
  readonly file?: string;
  readonly target?: string;
  readonly buildArg: readonly string[];
  readonly format: AuditFormat;
  readonly failOn: readonly string[];
  /** `true` is commander's default beside `--no-policy`. */
  readonly policy: string | boolean;
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  readonly platform?: string;
  readonly pull: "always" | "missing" | "never";
}

/** `slipway audit`: 1 where a finding is one of `--fail-on` (docs/exit-codes.md). */
export async function auditCommand(context: CliContext, target: string, flags: AuditFlags): Promise<number> {
  const failOn = flags.failOn.flatMap((words) => words.split(","));
  for (const word of failOn)
    if (!isSeverity(word) && !isRuleId(word))
      throw new SlipwayError("USAGE", `--fail-on knows no ${JSON.stringify(word)}`, {
        hint: `name a severity (${SEVERITIES.join(", ")}) or the id of a rule`,
      });
  if (flags.fix) return fixCommand(context, target, flags);
  if (flags.dryRun) throw new SlipwayError("USAGE", "--dry-run needs --fix");
  const report = await auditTarget(context, target, flags);
  context.stdout.write(written(report, flags.format));
  return report.findings.some((one) => failsOn(one, failOn)) ? EXIT.failed : EXIT.ok;
}

/** `audit --fix`: the changes on standard output, what was done and what is left on standard error. */
async function fixCommand(context: CliContext, target: string, flags: AuditFlags): Promise<number> {
  const { environment, signal, stderr } = context;
  if (pathKind(target, environment.cwd) !== "dockerfile")
    throw new SlipwayError("USAGE", `--fix rewrites Dockerfiles, and ${target} is none`, {
      hint: "name the Dockerfile, or its folder with a slash (./app); an image is built anew",
    });
  if (flags.failOn.length > 0 || flags.format !== "text")
    throw new SlipwayError("USAGE", "--fix goes neither with --fail-on nor with --format", {
      hint: "audit the Dockerfile once more when it is mended",
    });
  const { fixDockerfile } = await import("../../api/fix-dockerfile.ts");
  const result = await fixDockerfile(
    {
      dockerfile: flags.file ?? target,
      ...(flags.target === undefined ? {} : { target: flags.target }),
      buildArgs: buildArguments(flags.buildArg, environment.variables),
      dryRun: flags.dryRun ?? false,
      signal,
    },
    environment,
  );
  writeText(context.stdout, result.diff);
  if (result.problem) reportError(context, result.problem, new Map(), "asking what sources are now: ");
  writeText(stderr, fixSummary(result, flags.dryRun ?? false));
  return result.problem ? EXIT.failed : EXIT.ok;
}

/** A Dockerfile where the target is the path of one, or of its folder; else an image. */
function auditTarget(
  { environment, signal }: CliContext,
  target: string,
  flags: AuditFlags,
): Promise<AuditReport> {
  const common = {
    ...(flags.policy === true ? {} : { policy: flags.policy as string | false }),
    ...(flags.target === undefined ? {} : { target: flags.target }),
    buildArgs: buildArguments(flags.buildArg, environment.variables),
  };
  const { file, pull, platform } = flags;
  if (pathKind(target, environment.cwd) === "dockerfile")
    return auditDockerfile({ ...common, dockerfile: file ?? target }, environment);
  return auditImage(
    {
      ...common,
      image: target,
      pull,
      ...(file === undefined ? {} : { dockerfile: file }),
      ...(platform ? { platform: parsePlatform(platform) } : {}),
      signal,
    },
    environment,
  );
}

function written(report: AuditReport, format: AuditFormat): string {
  switch (format) {
    case "text":
      return textReport(report);
    case "json":
      return jsonReport(report);
    case "sarif":
      return sarifReport(report, VERSION);
    default:
      return format satisfies never;
  }
}

function textReport(report: AuditReport): string {
  const { findings, policy } = report;
  const rows = findings.map((one) => [one.severity, one.rule, one.message, placeOf(one.origin), one.fix]);
  const table = findings.length > 0 ? formatTable(["SEVERITY", "ID", "FINDING", "FROM", "FIX"], rows) : "";
  const notes = visibleText(
    policyNotes(report)
      .map((note) => `${note}\n`)
      .join(""),
  );
  return `${[table, acceptedTable(policy), notes, layerPicture(report)].filter(Boolean).join("\n")}\n${summary(report)}\n`;
}

function acceptedTable(policy: PolicyReport | undefined): string {
  if (!policy || policy.accepted.length === 0) return "";
  const rows = policy.accepted.map(({ rule, subject, acceptance }) => [
    rule,
    subject,
    acceptance.until ?? "for good",
    acceptance.reason,
  ]);
  return formatTable(["ACCEPTED", "SUBJECT", "UNTIL", "REASON"], rows);
}

const LONGEST_INSTRUCTION = 50;

function placeOf({ layer, instruction, source }: Origin): string {
  const text = instruction ?? "";
  const short = text.length > LONGEST_INSTRUCTION ? `${text.slice(0, LONGEST_INSTRUCTION - 1)}…` : text;
  return [
    ...(layer === undefined ? [] : [`layer ${layer + 1}`]),
    ...(source ? [`${source.file}:${source.start}`] : []),
    ...(short ? [short] : []),
  ].join(", ");
}

const BAR = 40;

/** A bar for each layer: what containers see, and (lighter) what later layers hide. */
function layerPicture({ sizes }: AuditReport): string {
  const largest = Math.max(1, ...sizes.map(({ bytes }) => bytes));
  const lines = sizes.map(({ layer, bytes, hidden }) => {
    const length = Math.ceil((bytes / largest) * BAR);
    const waste = bytes === 0 ? 0 : Math.ceil((hidden / bytes) * length);
    const bar = ("█".repeat(length - waste) + "░".repeat(waste)).padEnd(BAR);
    const told = hidden > 0 ? `, ${humanSize(hidden)} hidden by later layers` : "";
    return `layer ${String(layer + 1).padStart(String(sizes.length).length)}  ${bar}  ${humanSize(bytes)}${told}\n`;
  });
  return visibleText(lines.join(""));
}

function summary({ findings, policy }: AuditReport): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count > 0 ? [`${count} ${severity}`] : [];
  });
  const accepted = policy?.accepted.length ? `, ${policy.accepted.length} accepted` : "";
  return `${findings.length === 0 ? "nothing found" : `${findings.length} found: ${counts.join(", ")}`}${accepted}`;
}
