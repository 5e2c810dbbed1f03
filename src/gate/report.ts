import type { TestReport, TestResult } from "./test-result.ts";

export const REPORT_FORMATS = ["text", "json", "junit"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** A report as text that ends with a line feed. Control characters are left to whoever prints it, but in XML, which cannot hold them. */
export function formatReport(report: TestReport, format: ReportFormat): string {
  switch (format) {
    case "text":
      return [...report.results.map(resultText), summaryText(report)].join("");
    case "json":
      return `${JSON.stringify(jsonReport(report), null, 2)}\n`;
    case "junit":
      return junitReport(report);
    default:
      return format satisfies never;
  }
}

/** One line for a test that passed, and why for one that did not. */
export function resultText({ name, pass, errors, durationMs, stdout, stderr }: TestResult): string {
  const lines = [`${pass ? "PASS" : "FAIL"}  ${name}  (${formatSeconds(durationMs)} s)`];
  if (!pass) {
    for (const error of errors) lines.push(...indented(error, "      "));
    lines.push(...outputLines("stdout", stdout), ...outputLines("stderr", stderr));
  }
  return `${lines.join("\n")}\n`;
}

export function summaryText({ passed, failed, durationMs, notes }: TestReport): string {
  const told = notes.map((note) => `note: ${note}\n`).join("");
  const total = passed + failed;
  const count = `${total} ${total === 1 ? "test" : "tests"}: ${passed} passed, ${failed} failed`;
  return `${told}\n${count} (${formatSeconds(durationMs)} s)\n${failed === 0 ? "PASS" : "FAIL"}\n`;
}

const SHOWN_OUTPUT_LINES = 20;

function outputLines(name: string, output: string | undefined): string[] {
  if (!output) return [];
  const lines = output.replace(/\n$/, "").split("\n");
  const shown = lines.slice(-SHOWN_OUTPUT_LINES).map((line) => `        ${line}`);
  return [`      ${name}${lines.length > shown.length ? ", its last lines" : ""}:`, ...shown];
}

function indented(text: string, blanks: string): string[] {
  return text.split("\n").map((line, i) => (i === 0 ? `${blanks}${line}` : `${blanks}  ${line}`));
}

/** The members that container-structure-test writes (durations in nanoseconds), and those of ours beside them. */
function jsonReport({ image, passed, failed, durationMs, results, notes }: TestReport) {
  return {
    Image: image,
    Pass: passed,
    Fail: failed,
    Total: passed + failed,
    Duration: nanoseconds(durationMs),
    Results: results.map((result) => ({
      Name: result.name,
      File: result.file,
      Pass: result.pass,
      ...(result.stdout ? { Stdout: result.stdout } : {}),
      ...(result.stderr ? { Stderr: result.stderr } : {}),
      ...(result.errors.length > 0 ? { Errors: result.errors } : {}),
      Duration: nanoseconds(result.durationMs),
    })),
    ...(notes.length > 0 ? { Notes: notes } : {}),
  };
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}

function formatSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** One suite for each file of tests. */
function junitReport({ image, passed, failed, durationMs, results, notes }: TestReport): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) =>
    junitSuite(
      file,
      image,
      results.filter((result) => result.file === file),
      notes,
    ),
  );
  const counts = `tests="${passed + failed}" failures="${failed}" errors="0" time="${formatSeconds(durationMs)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xml(image)}" ${counts}>\n${suites.join("")}</testsuites>\n`;
}

function junitSuite(
  file: string,
  image: string,
  results: readonly TestResult[],
  notes: readonly string[],
): string {
  const failures = results.filter(({ pass }) => !pass).length;
  const time = formatSeconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0));
  const head = `name="${xml(file)}" tests="${results.length}" failures="${failures}" errors="0" time="${time}"`;
  const told = notes.length > 0 ? `    <system-out>${xml(notes.join("\n"))}</system-out>\n` : "";
  return `  <testsuite ${head}>\n${results.map((result) => junitCase(result, image)).join("")}${told}  </testsuite>\n`;
}

function junitCase({ name, errors, stdout, stderr, durationMs }: TestResult, image: string): string {
  const head = `    <testcase classname="${xml(image)}" name="${xml(name)}" time="${formatSeconds(durationMs)}"`;
  const parts = [
    ...(errors.length > 0 ? [junitFailure(errors)] : []),
    ...(stdout ? [`<system-out>${xml(stdout)}</system-out>`] : []),
    ...(stderr ? [`<system-err>${xml(stderr)}</system-err>`] : []),
  ];
  if (parts.length === 0) return `${head}/>\n`;
  return `${head}>\n${parts.map((part) => `      ${part}\n`).join("")}    </testcase>\n`;
}

/** One with all that failed: readers of the format expect no more than one in a case. */
function junitFailure(errors: readonly string[]): string {
  const [first = ""] = errors[0]!.split("\n");
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return `<failure message="${xml(first + more)}">${xml(errors.join("\n"))}</failure>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 has no way to write most control characters, lone surrogates and two others. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"]/g, (char) => ENTITIES[char]!)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
}
