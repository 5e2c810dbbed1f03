import type { Expression } from "./test-file.ts";

const LONGEST_SHOWN = 2000;

/** What is wrong with a text of which some expressions have to fit and others must not; `what` names it. */
export function expressionErrors(
  what: string,
  value: string,
  expected: readonly Expression[] = [],
  excluded: readonly Expression[] = [],
): string[] {
  const shown = () => JSON.stringify(shortened(value));
  return [
    ...expected
      .filter(({ compiled }) => !compiled.test(value))
      .map(({ source }) => `${what} does not match ${JSON.stringify(source)}: ${shown()}`),
    ...excluded
      .filter(({ compiled }) => compiled.test(value))
      .map(({ source }) => `${what} matches ${JSON.stringify(source)}, which it must not: ${shown()}`),
  ];
}

/** Begin and end of a long text. */
export function shortened(value: string): string {
  if (value.length <= LONGEST_SHOWN) return value;
  return `${value.slice(0, LONGEST_SHOWN / 2)} … ${value.slice(-LONGEST_SHOWN / 2)}`;
}
