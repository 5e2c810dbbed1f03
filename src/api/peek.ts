/** The first bytes of a stream (at least `length`, unless it is shorter) and a stream that still has them all. */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ readonly head: Buffer; readonly stream: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let have = 0;
  let done = false;
  while (have < length && !done) {
    const next = await iterator.next();
    if (next.done) done = true;
    else {
      chunks.push(next.value);
      have += next.value.length;
    }
  }
  return { head: Buffer.concat(chunks), stream: joined(chunks, iterator, done) };
}

async function* joined(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  done: boolean,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    while (!done) {
      const next = await rest.next();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}
