import { type Difference, MISSING } from "./difference.ts";

/** Compares two JSON values member by member. Key order does not count; missing and `null` are two things. */
export function compareJson(where: string, buildkit: unknown, slipway: unknown): readonly Difference[] {
  if (Array.isArray(buildkit) && Array.isArray(slipway)) {
    const length = Math.max(buildkit.length, slipway.length);
    return Array.from({ length }, (_, index) =>
      compareJson(`${where}[${index}]`, buildkit[index], slipway[index]),
    ).flat();
  }
  if (isObject(buildkit) && isObject(slipway)) {
    const keys = [...new Set([...Object.keys(buildkit), ...Object.keys(slipway)])];
    return keys.flatMap((key) => compareJson(where ? `${where}.${key}` : key, buildkit[key], slipway[key]));
  }
  if (Object.is(buildkit, slipway)) return [];
  return [{ where, buildkit: show(buildkit), slipway: show(slipway) }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? MISSING : JSON.stringify(value);
}
