export interface RealCase {
  readonly name: string;
  readonly about: string;
  /** Needs no network and a small base only. */
  readonly quick?: boolean;
  readonly bases: readonly string[];
}

export function readCases(only?: readonly string[]): RealCase[];
