/**
 * The fields of one comma-separated line, as `--mount` and `--device` write them (SPEC MT-01, RX-03): a field in double
 * quotes may hold commas, and `""` inside it is one quote. Undefined where a quote stays open or stands in the middle.
 */
export function splitCsv(text: string): readonly string[] | undefined {
  if (text === "") return [];
  const fields: string[] = [];
  for (let at = 0; at <= text.length; at++) {
    const field = text[at] === '"' ? quotedField(text, at) : bareField(text, at);
    if (!field) return undefined;
    fields.push(field.value);
    at = field.end;
  }
  return fields;
}

interface Field {
  readonly value: string;
  /** Index of the comma behind it, or the end. */
  readonly end: number;
}

function bareField(text: string, start: number): Field | undefined {
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  const value = text.slice(start, end);
  return value.includes('"') ? undefined : { value, end };
}

function quotedField(text: string, start: number): Field | undefined {
  let value = "";
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    value += text.slice(at, quote);
    const next = text[quote + 1];
    if (next !== '"') return next === undefined || next === "," ? { value, end: quote + 1 } : undefined;
    value += '"';
    at = quote + 2;
  }
}
