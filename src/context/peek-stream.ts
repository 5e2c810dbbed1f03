import { Buffer } from "node:buffer";

/** The beginning of a stream, and a stream that still has all of it. */
export interface PeekedStream {
  /** As many bytes as were asked for, fewer only where the stream is shorter. */
  readonly head: Buffer;
  /** The whole stream; can be read once. */
  readonly stream: AsyncIterable<Uint8Array>;
}

/** Looks at the first bytes of a stream. */
export async function peekStream(source: AsyncIterable<Uint8Array>, bytes: number): Promise<PeekedStream> {
  const iterator = source[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let length = 0;
  while (length < bytes) {
    const next = await iterator.next();
    if (next.done) break;
    taken.push(next.value);
    length += next.value.length;
  }
  return { head: Buffer.concat(taken).subarray(0, bytes), stream: replay(taken, iterator) };
}

async function* replay(taken: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let chunk = taken.shift(); chunk; chunk = taken.shift()) yield chunk;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** The whole of a stream that should be small; undefined where it is longer than `limit` bytes. */
export async function readStream(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
