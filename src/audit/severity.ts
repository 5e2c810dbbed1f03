/** From the worst to what is only said. */
export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Whether `severity` is as bad as `than`, or worse. */
export function isAtLeast(severity: Severity, than: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(than);
}

export function worse(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}
