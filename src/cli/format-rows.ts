import { formatTable } from "./table.ts";
import { formatTemplate } from "./template/format-template.ts";

type Row = Readonly<Record<string, unknown>>;

export interface RowFormat {
  /** `table`, `json`, `table TEMPLATE`, or a template. */
  readonly format: string;
  /** Headers of all members that a table may have. */
  readonly headers: Readonly<Record<string, string>>;
  /** Members that a plain table has. */
  readonly columns: readonly string[];
  /** What JSON shows where it is not the rows themselves. */
  readonly documents?: readonly object[];
}

/** Rows as `--format` wants them, in Docker's words: one line of JSON or of a filled-in template each, or a table. Throws `USAGE`. */
export function formatRows(rows: readonly Row[], { format, headers, columns, documents }: RowFormat): string {
  if (format === "json") return (documents ?? rows).map((row) => `${JSON.stringify(row)}\n`).join("");
  if (format === "table")
    return formatTable(
      columns.map((name) => headers[name]!),
      rows.map((row) => columns.map((name) => String(row[name]))),
    );
  const template = format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
  const table = /^table\s+/.exec(template);
  if (!table) return rows.map((row) => `${formatTemplate(template, row)}\n`).join("");
  const cells = template.slice(table[0].length).split("\t");
  return formatTable(
    cells.map((cell) => headerOf(cell, headers)),
    rows.map((row) => cells.map((cell) => formatTemplate(cell, row))),
  );
}

function headerOf(cell: string, headers: Readonly<Record<string, string>>): string {
  const name = /\{\{-?\s*\.(\w+)/.exec(cell)?.[1] ?? cell;
  return headers[name] ?? name.toUpperCase();
}
