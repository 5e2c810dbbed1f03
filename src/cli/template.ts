import { SlipwayError } from "../core/errors.ts";

/**
 * The part of Docker's templates that scripts use: `{{.A.B}}` paths, `{{json .A}}`, `{{index .A "key"}}`, text between them.
 * Throws `USAGE` for anything else, rather than printing something that looks right.
 */
export function formatTemplate(template: string, data: unknown): string {
  return template.replace(/\{\{(.*?)\}\}/g, (_, action: string) => evaluate(action.trim(), data));
}

function evaluate(action: string, data: unknown): string {
  const json = /^json\s+(\S+)$/.exec(action);
  if (json) return JSON.stringify(member(json[1]!, data) ?? null);
  const index = /^index\s+(\S+)\s+"((?:[^"\\]|\\.)*)"$/.exec(action);
  if (index) return goText((member(index[1]!, data) as Record<string, unknown> | undefined)?.[index[2]!]);
  if (/^\.[\w.]*$/.test(action)) return goText(member(action, data));
  throw new SlipwayError("USAGE", `the template action {{${action}}} is not supported`, {
    hint: 'use {{.Path.To.Member}}, {{json .Path}} or {{index .Path "key"}}',
  });
}

function member(path: string, data: unknown): unknown {
  if (!/^\.[\w.]*$/.test(path)) throw new SlipwayError("USAGE", `${path} is not a member of the result`);
  return path
    .split(".")
    .filter(Boolean)
    .reduce<unknown>((value, name) => {
      if (value === null || value === undefined) return undefined;
      if (typeof value !== "object" || !(name in value))
        throw new SlipwayError("USAGE", `there is no member ${path} in the result`);
      return (value as Record<string, unknown>)[name];
    }, data);
}

/** Values as Go's templates print them: lists in brackets, maps as `map[k:v]`. */
function goText(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([key, v]) => `${key}:${goText(v)}`).join(" ")}]`;
}
