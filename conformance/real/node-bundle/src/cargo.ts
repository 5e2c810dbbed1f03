export interface Cargo {
  readonly count: number;
  readonly goods: string;
}

export const total = (cargo: readonly Cargo[]): number => cargo.reduce((sum, { count }) => sum + count, 0);
