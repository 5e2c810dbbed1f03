import type { CheckResult } from "../../api/check.ts";
import type { OutlineResult, TargetsResult } from "../../api/outline.ts";
import { displayWidth } from "../../progress/display-width.ts";
import { safeName } from "../../progress/safe-text.ts";
import { sourceLines, splitLines } from "../../progress/source-lines.ts";
import { DESCRIPTION } from "./call-json.ts";

/** How a check went, then every finding with its place, by line (SPEC CL-06). An error of the build is left to who reports errors. */
export function checkText(result: CheckResult): string {
  const { warnings, error } = result;
  if (warnings.length === 0) return error ? "" : "Check complete, no warnings found.\n";
  const found =
    warnings.length === 1 ? "1 warning has been found!" : `${warnings.length} warnings have been found!`;
  return `Check complete, ${found}\n${findingsText(result)}`;
}

/** The findings alone, an empty line ahead of each. */
export function findingsText({ warnings, dockerfile }: CheckResult): string {
  const lines = splitLines(Buffer.from(dockerfile.bytes).toString("utf8"));
  return warnings
    .toSorted((a, b) => a.source.start - b.source.start)
    .flatMap(({ rule, url, message, source }) => [
      "",
      `WARNING: ${rule}${url === undefined ? "" : ` - ${url}`}`,
      safeName(message),
      ...sourceLines(source, lines),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

/** Tables of what the target takes; those without rows are left out. */
export function outlineText({ name, description, args, secrets, ssh }: OutlineResult): string {
  const head = [
    ["TARGET:", name ?? "(default)"],
    ...(description === undefined ? [] : [["DESCRIPTION:", description]]),
  ];
  return [
    ...(name === undefined && description === undefined ? [] : [columns(head, 1)]),
    table(
      ["BUILD ARG", "VALUE", "DESCRIPTION"],
      args.map((arg) => [arg.name, arg.value ?? "", arg.description ?? ""]),
    ),
    table(["SECRET", "REQUIRED"], secrets.map(secretRow)),
    table(["SSH", "REQUIRED"], ssh.map(secretRow)),
  ]
    .filter((part) => part !== "")
    .map((part) => `${part}\n`)
    .join("");
}

function secretRow({ name, required }: OutlineResult["secrets"][number]): string[] {
  return [name, required ? "true" : ""];
}

/** One line for each stage. */
export function targetsText({ targets }: TargetsResult): string {
  const rows = targets.map(({ name, isDefault, description }) => [
    [name, isDefault ? "(default)" : undefined].filter((part) => part !== undefined).join(" "),
    description ?? "",
  ]);
  return columns([["TARGET", "DESCRIPTION"], ...rows], 1);
}

/** The questions that can be asked. */
export function describeText(): string {
  const rows = DESCRIPTION.map(({ name, version, description }) => [
    name.replace(/^frontend\./, ""),
    version,
    description,
  ]);
  return columns([["NAME", "VERSION", "DESCRIPTION"], ...rows], 1);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length > 0 ? columns([header, ...rows], 3) : "";
}

/** Cells below each other with `gap` blanks between columns; the last one is as long as its text. */
function columns(rows: readonly (readonly string[])[], gap: number): string {
  const cells = rows.map((row) => row.map(safeName));
  const widths = cells[0]!.map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[column]!)), 0),
  );
  return cells
    .map(
      (row) =>
        `${row.map((cell, at) => (at === row.length - 1 ? cell : padded(cell, widths[at]! + gap))).join("")}\n`,
    )
    .join("");
}

function padded(cell: string, width: number): string {
  return cell + " ".repeat(width - displayWidth(cell));
}
