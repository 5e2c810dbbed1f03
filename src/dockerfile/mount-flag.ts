import { splitCsv } from "./csv-fields.ts";
import { invalid } from "./flags.ts";
import type { MountFlag } from "./instructions.ts";

/** One `key=value` of a `--mount` flag; `value` undefined where it is a lone word. */
export interface MountField {
  /** As written, for messages. */
  readonly text: string;
  /** In lower case, as written. */
  readonly key: string;
  readonly value: string | undefined;
}

/**
 * What parsing can tell of a `--mount` flag: its fields, and the `from` that decides which stages are built and so cannot
 * have variables (SPEC EX-17). All else is judged where the step is needed (PO-06). Throws INSTRUCTION_INVALID.
 */
export function mountFlag(text: string): MountFlag {
  let from: string | undefined;
  for (const { key, value } of mountFields(text)) {
    if (key !== "from" || value === undefined) continue;
    if (/\$./.test(value))
      throw invalid(
        "'from' doesn't support variable expansion, define alias stage instead",
        `add \`FROM ${value} AS <name>\` with a global ARG and name that stage here`,
      );
    from = value;
  }
  return { text, ...(from ? { from } : {}) };
}

/** The fields of a `--mount` flag, in order (SPEC MT-01). Throws INSTRUCTION_INVALID. */
export function mountFields(text: string): readonly MountField[] {
  const fields = splitCsv(text);
  if (!fields)
    throw invalid(
      `failed to parse csv mounts: a quote is out of place in ${text}`,
      'quote a whole field, as in "id=a,b"',
    );
  return fields.map((field) => {
    const at = field.indexOf("=");
    const key = (at < 0 ? field : field.slice(0, at)).toLowerCase();
    return { text: field, key, value: at < 0 ? undefined : field.slice(at + 1) };
  });
}
