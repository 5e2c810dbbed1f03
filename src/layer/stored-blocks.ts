/** The most that one stored block holds (RFC 1951 3.2.4). */
const MOST = 0xffff;

/** Bytes as deflate blocks without compression, none of them the last; they must begin on a byte boundary, and end on one. */
export function storedBlocks(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MOST) {
    const part = bytes.subarray(at, at + MOST);
    const header = Buffer.alloc(5);
    header.writeUInt16LE(part.length, 1);
    header.writeUInt16LE(part.length ^ 0xffff, 3);
    parts.push(header, part);
  }
  return Buffer.concat(parts);
}
