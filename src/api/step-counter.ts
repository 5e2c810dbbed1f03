import type { BuildEvent } from "../core/events.ts";
import type { BuildWarning } from "./build-options.ts";

/** Counts what the events tell: steps, cache hits, warnings. */
export class StepCounter {
  total = 0;
  cached = 0;
  readonly warnings: BuildWarning[] = [];

  count(event: BuildEvent): void {
    if (event.type === "plan") this.total += event.stages.reduce((sum, stage) => sum + stage.steps.length, 0);
    else if (event.type === "step.cached" && event.stage !== undefined) this.cached += 1;
    else if (event.type === "warning")
      this.warnings.push({
        message: event.message,
        ...(event.rule ? { rule: event.rule } : {}),
        ...(event.source ? { source: event.source } : {}),
        ...(event.url ? { url: event.url } : {}),
      });
  }
}
