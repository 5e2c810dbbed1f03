import { parseCsvRecord } from "../core/csv.ts";

/** For options that may be repeated: every value, in order. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** The same for values that may be lists themselves, separated by commas. */
export function collectCommas(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(",").filter((part) => part !== "")];
}

/** The same for lists whose items may be in double quotes, because they hold commas. Throws `USAGE`. */
export function collectCsv(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...parseCsvRecord(value).filter((part) => part !== "")];
}
