/** Tells afterwards whether it was the source that failed, or whoever read from it. */
export class WatchedSource implements AsyncIterable<Uint8Array> {
  hasFailed = false;
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#source;
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }
}
