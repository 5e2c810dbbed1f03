/** RFC 3339 times as image configs hold them: text with up to nanoseconds, which `Date` alone would cut off. */

const SHAPE = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** Tells whether `text` is an RFC 3339 time. */
export function isTimestamp(text: string): boolean {
  return SHAPE.test(text) && Number.isFinite(wholeSeconds(text));
}

/** The time of `epoch` seconds since 1970: `2023-11-14T22:13:20Z`. */
export function formatEpoch(epoch: number): string {
  return new Date(epoch * 1000).toISOString().replace(/\.000Z$/, "Z");
}

/** Tells whether the RFC 3339 time `text` is later than `epoch` whole seconds; nanoseconds count. */
export function isAfter(text: string, epoch: number): boolean {
  const seconds = wholeSeconds(text);
  return seconds > epoch || (seconds === epoch && /[1-9]/.test(SHAPE.exec(text)?.[1] ?? ""));
}

function wholeSeconds(text: string): number {
  return Date.parse(text.replace(/\.\d+/, "").replace(" ", "T").toUpperCase()) / 1000;
}
