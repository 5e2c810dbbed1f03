import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chart } from "./chart.ts";
import type { Report } from "./report.ts";
import { circumstances, curveTable, failures, markdownTable, plainTable, rowTable } from "./table.ts";

const BEGIN = "<!-- begin of what npm run bench writes -->";
const END = "<!-- end of what npm run bench writes -->";

/** For the terminal: what was measured, then the tables, then what is missing. */
export function renderReport(report: Report): string {
  const parts = [
    `${circumstances(report).join("\n")}\n`,
    report.rows.length > 0 ? plainTable(rowTable(report.rows)) : "",
    report.curves.length > 0 ? plainTable(curveTable(report.curves)) : "",
    failures(report.rows)
      .map((line) => `${line}\n`)
      .join(""),
  ];
  return parts.filter(Boolean).join("\n");
}

/** Writes `<date>.json` and `<date>.svg` into a folder; gives their paths. */
export function saveReport(report: Report, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const name = join(folder, report.date.replaceAll(":", "-"));
  writeFileSync(`${name}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(`${name}.svg`, chart(report));
  return [`${name}.json`, `${name}.svg`];
}

/** A report that `saveReport` wrote. */
export function readReport(file: string): Report {
  return JSON.parse(readFileSync(file, "utf8")) as Report;
}

/** Puts tables and picture into docs/performance.md and docs/performance.svg. */
export function writeDocs(report: Report, docs: string): void {
  const page = join(docs, "performance.md");
  writeFileSync(page, withTables(readFileSync(page, "utf8"), report));
  writeFileSync(join(docs, "performance.svg"), chart(report));
}

/** The page with everything between its two marks replaced. @throws Error where a mark is missing */
export function withTables(page: string, report: Report): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("docs/performance.md has lost its marks");
  const missing = failures(report.rows).map(firstLine);
  const parts = [
    circumstances(report)
      .map((line) => `- ${line}\n`)
      .join(""),
    report.rows.length > 0 ? markdownTable(rowTable(report.rows)) : "",
    report.curves.length > 0 ? markdownTable(curveTable(report.curves)) : "",
    missing.map((line) => `- ${line}\n`).join(""),
    "![The same as a picture](performance.svg)\n",
  ];
  return `${page.slice(0, begin)}${BEGIN}\n\n${parts.filter(Boolean).join("\n")}\n${page.slice(end)}`;
}

function firstLine(words: string): string {
  return words.split("\n")[0]!;
}
