import { type Profiler, Session } from "node:inspector";

/**
 * Which parts of the code have run so far, as V8 counts them. An input that reaches a part for the first time is worth
 * keeping: changes of it reach further than changes of any other.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Parts that ran since the last call. */
  take(): ReadonlySet<string> {
    const ran = new Set<string>();
    this.#session.post("Profiler.takePreciseCoverage", (_error, answer) => note(answer.result, ran));
    return ran;
  }

  /** Those of them that had never run before. */
  takeNew(): Set<string> {
    const fresh = new Set([...this.take()].filter((part) => !this.#seen.has(part)));
    for (const part of fresh) this.#seen.add(part);
    return fresh;
  }

  /** Parts that have run. */
  get size(): number {
    return this.#seen.size;
  }
}

function note(scripts: readonly Profiler.ScriptCoverage[], ran: Set<string>): void {
  for (const script of scripts) {
    if (!script.url.startsWith("file:")) continue;
    for (const { ranges } of script.functions)
      for (const { startOffset, endOffset, count } of ranges)
        if (count > 0) ran.add(`${script.scriptId}:${startOffset}-${endOffset}`);
  }
}
