import { printableName } from "../core/file-name.ts";

/** Columns side by side, three blanks between them, no blanks at line ends; control characters are escaped. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((row) => row.map(printableName));
  const widths = header.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, line[column]?.length ?? 0), 0),
  );
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join("   ")
          .trimEnd()}\n`,
    )
    .join("");
}
