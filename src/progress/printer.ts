import type { BuildEvent } from "../core/events.ts";

/** Shows the events of one build. Neither method throws for any order of events. */
export interface ProgressPrinter {
  handle(event: BuildEvent): void;
  /** Writes what is still held back and leaves the terminal as it was found. To be called however the build ends; later calls do nothing. */
  finish(): void;
}

/** Where progress goes. The caller owns the stream; nothing here knows about standard error. */
export interface ProgressOutput {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width and height in character cells, asked anew at every drawing. */
  columns(): number;
  rows(): number;
  /** Calls `listener` after the terminal changed its size; gives the way to stop that. */
  onResize?(listener: () => void): () => void;
}

/** `auto` is `tty` on a terminal and `plain` elsewhere. `quiet` writes the image id and nothing else, `none` not even that. */
export type ProgressMode = "auto" | "tty" | "plain" | "json" | "rawjson" | "quiet" | "none";
