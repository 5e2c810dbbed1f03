/** Sizes as Docker prints them: decimal units, three significant digits (`1.23GB`, `45.6MB`, `0B`). */
export function humanSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))}${units[unit]}`;
}

const STEPS: readonly (readonly [number, string])[] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [7, "day"],
  [4.345, "week"],
  [12, "month"],
];

/** How long ago, in the largest whole unit; `N/A` for times that mean "no time" (SPEC DK-03: up to 2000-01-01). */
export function humanAge(time: string | undefined, now: number = Date.now()): string {
  const then = time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isNaN(then) || then <= Date.UTC(2000, 0, 1)) return "N/A";
  let value = Math.max(0, (now - then) / 1000);
  for (const [size, name] of STEPS) {
    if (value < size) return ago(value, name);
    value /= size;
  }
  return ago(value, "year");
}

function ago(value: number, unit: string): string {
  const whole = Math.floor(value);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}

/** How long something lasts, as Docker says it. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(seconds / 3600 + 0.5);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(hours / 24);
  if (days < 14) return `${days} days`;
  if (days < 60) return `${Math.floor(days / 7)} weeks`;
  return days < 730 ? `${Math.floor(days / 30)} months` : `${Math.floor(days / 365)} years`;
}
