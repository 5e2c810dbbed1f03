import { Buffer } from "node:buffer";

const RECORDS_IN_PAGE = 1024;

/** Any number of records of one size. Pages of them are made when they are first asked for, full of zeros, and never copied. */
export class RecordPages {
  readonly #recordBytes: number;
  readonly #pages: Buffer[] = [];

  constructor(recordBytes: number) {
    this.#recordBytes = recordBytes;
  }

  /** The memory that holds the record; it begins at `offset(index)`. */
  page(index: number): Buffer {
    const at = Math.floor(index / RECORDS_IN_PAGE);
    // In order, so that the list stays dense.
    while (this.#pages.length <= at) this.#pages.push(Buffer.alloc(RECORDS_IN_PAGE * this.#recordBytes));
    return this.#pages[at]!;
  }

  offset(index: number): number {
    return (index % RECORDS_IN_PAGE) * this.#recordBytes;
  }
}
