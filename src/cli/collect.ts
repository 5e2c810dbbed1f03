import { parseCsvRecord } from "../core/csv.ts";

// Values are added to the list that is the option's default: it belongs to one program, which parses one command line. Copies
// would make the time grow with the square of the number of values.

/** For options that may be repeated: every value, in order. */
export function collect(value: string, list: string[]): string[] {
  list.push(value);
  return list;
}

/** The same for values that may be lists themselves, separated by commas. */
export function collectCommas(value: string, list: string[]): string[] {
  for (const part of value.split(",")) if (part !== "") list.push(part);
  return list;
}

/** The same for lists in which nothing may be empty, for whoever checks that. */
export function collectAllCommas(value: string, list: string[]): string[] {
  list.push(...value.split(","));
  return list;
}

/** The same for lists whose items may be in double quotes, because they hold commas. Throws `USAGE`. */
export function collectCsv(value: string, list: string[]): string[] {
  for (const part of parseCsvRecord(value)) if (part !== "") list.push(part);
  return list;
}
