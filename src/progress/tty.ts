import type { BuildEvent } from "../core/events.ts";
import { displayWidth } from "./display-width.ts";
import { drawFrame, NO_COLOURS, type Palette, stepLine } from "./frame.ts";
import { formatDuration } from "./measures.ts";
import type { ProgressOutput, ProgressPrinter } from "./printer.ts";
import { resultLines } from "./result-lines.ts";
import { RunningSteps } from "./running-steps.ts";
import { safeName } from "./safe-text.ts";
import { WarningSummary } from "./warning-summary.ts";

/** At most 20 drawings a second. */
const FRAME_MS = 50;
/** The clock goes on where nothing else happens. */
const TICK_MS = 100;

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_TO_END_OF_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

type EventOf<Type extends BuildEvent["type"]> = Extract<BuildEvent, { type: Type }>;

/** Time, for tests to bring their own. */
export interface Timing {
  /** Milliseconds of any clock that only goes forward. */
  now(): number;
  /** Calls back after that many milliseconds, unless the function it gives is called first. */
  after(milliseconds: number, callback: () => void): () => void;
}

export const REAL_TIMING: Timing = {
  now: () => performance.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * A live picture for terminals. What runs is redrawn in place at the bottom; a step that ended becomes one line above
 * it that never changes again, so that the whole build can be read in the terminal's history.
 */
export class TtyPrinter implements ProgressPrinter {
  readonly #out: ProgressOutput;
  readonly #palette: Palette;
  readonly #timing: Timing;
  readonly #steps = new RunningSteps();
  readonly #warnings: WarningSummary;
  readonly #stopListening: (() => void) | undefined;
  /** Lines for the history that are not written yet. */
  #settled: string[] = [];
  /** Lines of the live part as they stand on the screen. */
  #drawn: readonly string[] = [];
  #lastDrawing = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  /** `timing.now()` when the build began. */
  #origin: number | undefined;
  #outcome: string[] | undefined;
  #cursorHidden = false;
  #finished = false;

  constructor(
    out: ProgressOutput,
    palette: Palette = NO_COLOURS,
    timing: Timing = REAL_TIMING,
    options: { readonly debug?: boolean } = {},
  ) {
    this.#out = out;
    this.#warnings = new WarningSummary(options.debug);
    this.#palette = palette;
    this.#timing = timing;
    this.#stopListening = out.onResize?.(() => this.#resized());
  }

  handle(event: BuildEvent): void {
    if (this.#finished) return;
    this.#origin ??= this.#timing.now() - event.time;
    this.#settle(event);
    this.#warnings.apply(event);
    this.#steps.apply(event);
    if (event.type === "build.done" || event.type === "build.error") return this.finish();
    this.#schedule();
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#cancelTimer?.();
    this.#stopListening?.();
    const ending = [...this.#settled, ...this.#warnings.take(), ...(this.#outcome ?? [])];
    this.#out.write(
      `${this.#erase()}${ending.map((line) => `${line}\n`).join("")}${this.#cursorHidden ? SHOW_CURSOR : ""}`,
    );
    this.#settled = [];
    this.#drawn = [];
  }

  /** Turns what will not change any more into lines of the history. */
  #settle(event: BuildEvent): void {
    switch (event.type) {
      case "plan":
        if (event.skippedStages.length > 0)
          this.#settled.push(
            this.#palette.paint(
              ` => skipped, not needed: ${event.skippedStages.map(safeName).join(", ")}`,
              "dim",
            ),
          );
        return;
      case "step.cached":
        return this.#line(`CACHED ${safeName(event.name)}`, "", "blue");
      case "step.done":
        return this.#line(this.#nameOf(event.id), formatDuration(event.duration), "blue");
      case "step.cancelled":
        return this.#line(`CANCELED ${this.#nameOf(event.id)}`, "", "yellow");
      case "step.error":
        return this.#failure(event);
      case "build.done":
        this.#outcome = [this.#summary(event.time), ...resultLines(event, this.#out.columns())];
        return;
      default:
        return;
    }
  }

  #line(name: string, time: string, colour: "blue" | "red" | "yellow"): void {
    this.#settled.push(this.#palette.paint(stepLine(name, time, this.#out.columns()).trimEnd(), colour));
  }

  #nameOf(id: string): string {
    return this.#steps.get(id)?.name ?? safeName(id);
  }

  /** All output of a failed step, since only its tail was ever on the screen. */
  #failure(event: EventOf<"step.error">): void {
    const log = this.#steps.logOf(event.id);
    this.#line(`ERROR ${this.#nameOf(event.id)}`, formatDuration(event.duration), "red");
    if (log.length > 0)
      this.#settled = this.#settled.concat("------", ` > ${this.#nameOf(event.id)}:`, log, "------");
  }

  #summary(time: number): string {
    const cached = this.#steps.cached > 0 ? `, ${this.#steps.cached} from the cache` : "";
    return this.#palette.paint(
      `[+] Built in ${formatDuration(time)}: ${this.#steps.finished} steps${cached}`,
      "blue",
    );
  }

  #schedule(): void {
    this.#cancelTimer?.();
    const since = this.#timing.now() - this.#lastDrawing;
    if (since >= FRAME_MS) return this.#draw();
    this.#cancelTimer = this.#timing.after(FRAME_MS - since, () => this.#draw());
  }

  #draw(): void {
    this.#lastDrawing = this.#timing.now();
    const size = { columns: this.#out.columns(), rows: this.#out.rows() };
    const frame = drawFrame(
      this.#steps,
      this.#lastDrawing - (this.#origin ?? this.#lastDrawing),
      size,
      this.#palette,
    );
    const lines = [...this.#settled, ...frame].map((line) => `${line}${CLEAR_TO_END_OF_LINE}\n`).join("");
    this.#out.write(`${this.#cursorHidden ? "" : HIDE_CURSOR}${this.#goToTop()}${lines}${CLEAR_BELOW}`);
    this.#cursorHidden = true;
    this.#settled = [];
    this.#drawn = frame;
    this.#cancelTimer = this.#timing.after(TICK_MS, () => this.#draw());
  }

  #resized(): void {
    if (this.#finished || this.#drawn.length === 0) return;
    this.#cancelTimer?.();
    this.#out.write(this.#erase());
    this.#drawn = [];
    this.#draw();
  }

  #erase(): string {
    return this.#drawn.length === 0 ? "" : `${this.#goToTop()}${CLEAR_BELOW}`;
  }

  /** Lines drawn on a wider screen may have been wrapped since: they are counted as the present width shows them. */
  #goToTop(): string {
    const columns = Math.max(1, this.#out.columns());
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    return rows === 0 ? "" : `\r\u001b[${rows}A`;
  }
}
