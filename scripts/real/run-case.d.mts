import type { RealCase } from "./case-file.mjs";

export interface CaseOutcome {
  readonly seconds: number;
  readonly againSeconds: number;
  readonly bytes: number;
}

export function runCase(subject: RealCase, home: string): Promise<CaseOutcome>;
