/**
 * Cuts a stream of bytes into lines. A line ends at LF, CR LF or a lone CR (programs that redraw a line use it); what
 * stands between two CRs is a line of its own, and only pieces without text go. Bytes that are not UTF-8 become U+FFFD.
 */
export class LogLines {
  readonly #decoder = new TextDecoder("utf-8");
  #partial = "";
  /** Since the last LF, a CR has ended a line: an LF right after it ends nothing more. */
  #redrawn = false;

  /** The lines that `data` completes. */
  push(data: Uint8Array): string[] {
    return this.#take(this.#decoder.decode(data, { stream: true }));
  }

  /** The last line, where the stream ended inside one. */
  end(): string[] {
    const lines = this.#take(this.#decoder.decode());
    const rest = this.#partial;
    this.#partial = "";
    return rest === "" ? lines : lines.concat(rest);
  }

  #take(text: string): string[] {
    const parts = (this.#partial + text).split("\n");
    const last = (parts.pop() ?? "").split("\r");
    const lines = parts.flatMap((part) => this.#complete(part));
    this.#partial = last.pop() ?? "";
    const redrawn = last.filter((piece) => piece !== "");
    this.#redrawn ||= redrawn.length > 0;
    return lines.concat(redrawn);
  }

  #complete(line: string): string[] {
    const pieces = line.split("\r").filter((piece) => piece !== "");
    const blank = pieces.length === 0 && !this.#redrawn;
    this.#redrawn = false;
    return blank ? [""] : pieces;
  }
}

/** One splitter per step and stream, so that neither cuts into the other's lines. */
export class StepLogs {
  readonly #streams = new Map<string, LogLines>();

  push(id: string, stream: string, data: Uint8Array): string[] {
    const key = `${stream} ${id}`;
    const lines = this.#streams.get(key) ?? new LogLines();
    this.#streams.set(key, lines);
    return lines.push(data);
  }

  /** What is left of a step's lines; the step is forgotten. */
  end(id: string): string[] {
    return ["stdout", "stderr"].flatMap((stream) => {
      const lines = this.#streams.get(`${stream} ${id}`);
      this.#streams.delete(`${stream} ${id}`);
      return lines?.end() ?? [];
    });
  }
}
