import type { BuildEvent, EventSink } from "../core/events.ts";

/** Of a clock that never goes back. Node's `performance` would have to be loaded first. */
const milliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;

type Timeless<E> = E extends unknown ? Omit<E, "time"> : never;

/** Stamps events with the time since the build began, and hands them on. A listener that throws ends the build, not the process. */
export class BuildClock {
  readonly #started = milliseconds();
  readonly #sink: EventSink;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  readonly elapsed = (): number => milliseconds() - this.#started;

  emit(event: Timeless<BuildEvent>): void {
    this.#sink({ ...event, time: this.elapsed() } as BuildEvent);
  }

  /** Runs internal work as a step of its own, so that people see what takes time. */
  async step<T>(id: string, name: string, work: () => Promise<T>): Promise<T> {
    const started = this.elapsed();
    this.emit({ type: "step.start", id, name });
    try {
      const result = await work();
      this.emit({ type: "step.done", id, duration: this.elapsed() - started });
      return result;
    } catch (error) {
      const code = (error as { code?: string }).code ?? "INTERNAL";
      this.emit({
        type: "step.error",
        id,
        duration: this.elapsed() - started,
        code,
        message: (error as Error).message,
      });
      throw error;
    }
  }
}
