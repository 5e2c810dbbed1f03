/** One thing in which two builders do not agree. */
export interface Difference {
  /** Where it is: `config.Env[1]`, `layer 2: etc/passwd mode`. */
  readonly where: string;
  readonly buildkit: string;
  readonly slipway: string;
}

/** What stands for a thing that only one of the two has. */
export const MISSING = "(nothing)";

/** One line for people, and what the patterns of `differs` are tried on. */
export function renderDifference({ where, buildkit, slipway }: Difference): string {
  return `${where}: buildkit ${buildkit}, slipway ${slipway}`;
}
