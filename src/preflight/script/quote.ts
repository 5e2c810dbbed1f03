import type { Template } from "../template.ts";

/** A text as one word of a shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A text with variables as one word of a shell. */
export function quotedTemplate(template: Template): string {
  if (template.length === 0) return "''";
  return template
    .map((part) =>
      part.kind === "text"
        ? quoted(part.text)
        : `"\${${part.name}${part.otherwise === "" ? "-" : `:-${part.otherwise}`}}"`,
    )
    .join("");
}

/** A text as one line of a comment. */
export function comment(text: string): string {
  return `# ${text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ")}`;
}
