/** ` (did you mean X?)`, or nothing. */
export function didYouMean(candidate: string | undefined, prefix = ""): string {
  return candidate === undefined ? "" : ` (did you mean ${prefix}${candidate}?)`;
}
