const KEPT = 16 * 1024;

/** The last bytes that a process wrote, for the error that ends its step. */
export class OutputTail {
  #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk));
    this.#size += chunk.length;
    while (this.#size - this.#chunks[0]!.length >= KEPT) this.#size -= this.#chunks.shift()!.length;
  }

  /** At most the last 16 KiB, beginning at a line where it was cut. */
  text(): string {
    const all = Buffer.concat(this.#chunks).toString("utf8");
    if (all.length <= KEPT) return all;
    const cut = all.slice(-KEPT);
    return cut.slice(cut.indexOf("\n") + 1);
  }
}
