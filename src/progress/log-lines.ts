/** Characters after which a line is ended, whatever comes: a step may write gigabytes without a line feed. */
const LONGEST_LINE = 1 << 20;

/**
 * Cuts a stream of bytes into lines. A line ends at LF, CR LF or a lone CR (programs that redraw a line use it); what
 * stands between two CRs is a line of its own, and only pieces without text go. Bytes that are not UTF-8 become U+FFFD.
 */
export class LogLines {
  readonly #decoder = new TextDecoder("utf-8");
  /** What the next line begins with. Only new text is ever searched: the time must not grow with what is here. */
  #partial = "";
  /** Since the last LF, something else has ended a line: an LF right after it ends nothing more. */
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
    const lines: string[] = [];
    let start = 0;
    for (const { index, 0: mark } of text.matchAll(/[\r\n]/g)) {
      const line = this.#partial + text.slice(start, index);
      this.#partial = "";
      start = index + 1;
      if (line !== "" || (mark === "\n" && !this.#redrawn)) lines.push(line);
      this.#redrawn = mark === "\r" && (this.#redrawn || line !== "");
    }
    this.#partial += text.slice(start);
    if (this.#partial.length > LONGEST_LINE) {
      lines.push(this.#partial);
      this.#partial = "";
      this.#redrawn = true;
    }
    return lines;
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
