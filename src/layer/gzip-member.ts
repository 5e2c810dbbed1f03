import * as zlib from "node:zlib";

/** No name, no time, unknown system: nothing in it depends on when or where it was made (RFC 1952). */
export const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff]);

/** What the end of a gzip member says of its content (RFC 1952). */
export class GzipSum {
  #crc = 0;
  #size = 0;

  update(bytes: Uint8Array): void {
    this.#crc = zlib.crc32(bytes, this.#crc);
    this.#size += bytes.length;
  }

  trailer(): Buffer {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#size % 2 ** 32, 4);
    return trailer;
  }
}
