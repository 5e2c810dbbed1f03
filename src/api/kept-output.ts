import type { TestOutput } from "../gate/tested-image.ts";

/** More of each stream is not kept. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Keeps what a container writes, of a very talkative one the beginning. */
export class KeptOutput {
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  readonly #bytes = { stdout: 0, stderr: 0 };

  readonly add = (stream: "stdout" | "stderr", chunk: Buffer): void => {
    const room = MOST_BYTES - this.#bytes[stream];
    if (room <= 0) return;
    const kept = Buffer.from(chunk.subarray(0, room));
    this.#chunks[stream].push(kept);
    this.#bytes[stream] += kept.length;
  };

  readonly texts = (): TestOutput => ({
    stdout: Buffer.concat(this.#chunks.stdout).toString("utf8"),
    stderr: Buffer.concat(this.#chunks.stderr).toString("utf8"),
  });
}
