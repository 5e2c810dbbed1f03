/** See coverage.mjs. */
export interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly ancestorTitles?: readonly string[];
    }[];
  }[];
}
export interface RuleState {
  readonly id: string;
  readonly title: string;
  readonly passed: number;
  readonly reason?: string;
  readonly problem?: string;
}
export function idsIn(text: string): string[];
export function coverage(
  rules: Readonly<Record<string, Readonly<Record<string, string>>>>,
  reasons: Readonly<Record<string, string>>,
  report: Report,
): {
  readonly sections: readonly { readonly name: string; readonly rules: readonly RuleState[] }[];
  readonly problems: readonly string[];
};
