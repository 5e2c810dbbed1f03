import { timed } from "../measure/command.ts";
import { median } from "../measure/statistics.ts";

const TRIES = 15;

/** Seconds that `wrapper` adds to a program that it runs; nothing where there is no wrapper. */
export async function overheadOf(wrapper: readonly string[]): Promise<number> {
  if (wrapper.length === 0) return 0;
  const wrapped: number[] = [];
  const plain: number[] = [];
  for (let index = 0; index < TRIES; index++) {
    wrapped.push(await timed({ argv: [...wrapper, "true"] }));
    plain.push(await timed({ argv: ["true"] }));
  }
  return Math.max(0, median(wrapped) - median(plain));
}
