import { SlipwayError } from "../core/errors.ts";

/**
 * Something large that is changed in place and passed on; only its newest holder may look at it. The states of a stage form
 * a chain: each is made from the one before, which nobody looks at again. A copy for every instruction would make the time
 * grow with the square of their number.
 */
export class Owned<T extends object> {
  #content: T | undefined;

  constructor(content: T) {
    this.#content = content;
  }

  /** Throws INTERNAL where the content has been passed on. */
  get content(): T {
    if (this.#content) return this.#content;
    throw new SlipwayError("INTERNAL", "a state of a stage was used after the next one had been made");
  }

  /** Changes the content, and gives its new holder. */
  changed(edit: (content: T) => void): Owned<T> {
    const { content } = this;
    edit(content);
    this.#content = undefined;
    return new Owned(content);
  }
}
