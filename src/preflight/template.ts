/**
 * Text with variables of the container in it: `${NAME}`, or `${NAME:-text}` for when NAME is unset or empty; the text has no
 * character that a shell could take for anything else.
 */
export type Template = readonly TemplatePart[];

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string; readonly otherwise: string };

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([A-Za-z0-9_./:@%+,=-]*))?\}/y;

/** Parses a text with variables; undefined where a `$` begins none. A `$` itself is written `$$`. Pure. */
export function parseTemplate(text: string): Template | undefined {
  const parts: TemplatePart[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    if (text.startsWith("$$", at)) {
      plain += "$";
      at += 2;
    } else if (text[at] === "$") {
      VARIABLE.lastIndex = at;
      const [whole, name, otherwise = ""] = VARIABLE.exec(text) ?? [];
      if (whole === undefined) return undefined;
      flush();
      parts.push({ kind: "variable", name: name!, otherwise });
      at += whole.length;
    } else plain += text[at++];
  }
  flush();
  return parts;
}

/** The text for a container with these variables; what is not set and has no other text is empty. */
export function expandTemplate(template: Template, variables: ReadonlyMap<string, string>): string {
  return template
    .map((part) => (part.kind === "text" ? part.text : variables.get(part.name) || part.otherwise))
    .join("");
}

export function hasVariables(template: Template): boolean {
  return template.some(({ kind }) => kind === "variable");
}

export function variablesOf(template: Template): readonly string[] {
  return template.flatMap((part) => (part.kind === "variable" ? [part.name] : []));
}

/** What explains a text that variables make wrong: as it is written. Empty where there are none. */
export function writtenHint(...templates: readonly Template[]): string {
  return templates.some(hasVariables) ? templates.map(writtenText).join(":") : "";
}

/** For people: the text with its variables as they are written. */
export function writtenText(template: Template): string {
  return template
    .map((part) =>
      part.kind === "text" ? part.text : `\${${part.name}${part.otherwise && `:-${part.otherwise}`}}`,
    )
    .join("");
}
