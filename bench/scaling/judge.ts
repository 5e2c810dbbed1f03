import { growth } from "../measure/statistics.ts";

export interface MeasuredPoint {
  readonly label: string;
  readonly work: number;
  /** The middle one, in seconds. */
  readonly time: number;
  /** In bytes. */
  readonly memory: number;
}

export interface CurveVerdict {
  /** Time grows as work to this power. */
  readonly exponent: number | undefined;
  /** The same between the last two points, where what a start costs no longer hides it. */
  readonly lastExponent: number | undefined;
  readonly growsFaster: boolean;
  readonly mostMemory: number;
  readonly memoryHolds: boolean;
}

/** An exponent above this is more than the noise of a machine. */
const TOLERANCE = 1.1;
export const MEMORY_LIMIT = 250e6;

/** Whether time grew faster than the work did, and whether memory stayed below the limit at every point. */
export function judgeCurve(points: readonly MeasuredPoint[]): CurveVerdict {
  const exponent = growth(points);
  const mostMemory = Math.max(...points.map(({ memory }) => memory));
  return {
    exponent,
    lastExponent: growth(points.slice(-2)),
    growsFaster: (exponent ?? 0) > TOLERANCE,
    mostMemory,
    memoryHolds: mostMemory <= MEMORY_LIMIT,
  };
}
