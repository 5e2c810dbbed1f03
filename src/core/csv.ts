import { SlipwayError } from "./errors.ts";

/** Splits one comma-separated record as Docker's flags do (RFC 4180 quoting: a field in double quotes, `""` for a quote). Throws `USAGE`. */
export function parseCsvRecord(text: string): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const [field, next] = text[at] === '"' ? quotedField(text, at + 1) : plainField(text, at);
    fields.push(field);
    if (next >= text.length) return fields;
    at = next + 1;
  }
}

function plainField(text: string, start: number): [string, number] {
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  const field = text.slice(start, end);
  if (field.includes('"')) throw malformed(text, 'a bare " in a field without quotes');
  return [field, end];
}

function quotedField(text: string, start: number): [string, number] {
  let field = "";
  for (let i = start; i < text.length; i++) {
    if (text[i] !== '"') field += text[i];
    else if (text[i + 1] === '"') field += text[i++];
    else if (i + 1 === text.length || text[i + 1] === ",") return [field, i + 1];
    else throw malformed(text, 'something after the closing "');
  }
  throw malformed(text, 'a " that is not closed');
}

function malformed(text: string, what: string): SlipwayError {
  return new SlipwayError("USAGE", `${JSON.stringify(text)} has ${what}`, {
    hint: 'quote a whole field, for example "dest=a,b"',
  });
}

/** The fields of a record as `key=value`; the key is lower-cased, a field without `=` has no value. */
export function parseKeyValues(text: string): { readonly key: string; readonly value: string | undefined }[] {
  return parseCsvRecord(text).map((field) => {
    const at = field.indexOf("=");
    return at < 0
      ? { key: field.trim(), value: undefined }
      : { key: field.slice(0, at).trim().toLowerCase(), value: field.slice(at + 1) };
  });
}
