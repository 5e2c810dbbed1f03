const ZEROS = new Uint8Array(64 * 1024);

/** What is worth a hole: a file of gigabytes of nothing takes no room. */
export function isHole(bytes: Uint8Array): boolean {
  return bytes.length >= ZEROS.length && bytes[0] === 0 && isZero(bytes);
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(part, part.length === ZEROS.length ? ZEROS : ZEROS.subarray(0, part.length)) !== 0)
      return false;
  }
  return true;
}
