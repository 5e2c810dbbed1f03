/** For options that may be repeated: every value, in order. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** The same for values that may be lists themselves, separated by commas. */
export function collectCommas(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(",").filter((part) => part !== "")];
}
