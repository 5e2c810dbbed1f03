/** Large enough that system calls and messages do not count, small enough to keep several busy. Bytes. */
const PIECE = 256 * 1024;

/**
 * The bytes of `source` in larger chunks than sockets give: each chunk costs a write and a turn of several loops. When `source`
 * fails, what it gave before comes first.
 */
export async function* gathered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let length = 0;
  const take = () => {
    const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
    chunks = [];
    length = 0;
    return whole;
  };
  try {
    for await (const chunk of source) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= PIECE) yield take();
    }
  } catch (error) {
    if (length > 0) yield take();
    throw error;
  }
  if (length > 0) yield take();
}
