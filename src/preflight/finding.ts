/** A condition that does not hold, or of which nobody outside can tell whether it does. */
export interface Finding {
  readonly state: "failed" | "unchecked";
  readonly message: string;
  /** What to do, or why it could not be checked. */
  readonly hint: string;
}

export function failed(message: string, hint: string): Finding {
  return { state: "failed", message, hint };
}

export function unchecked(message: string, hint: string): Finding {
  return { state: "unchecked", message, hint };
}

export interface PreflightReport {
  /** false: the image has no contract. */
  readonly hasContract: boolean;
  /** Conditions that do not hold, and those of which nobody outside can tell. */
  readonly findings: readonly Finding[];
}
