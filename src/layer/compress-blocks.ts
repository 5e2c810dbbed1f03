import { availableParallelism } from "node:os";

/** Threads that Node has for compression, unless told otherwise. */
const LIBUV_THREADS = 4;

/** Cuts a stream into blocks of `size` bytes; the last may be shorter. */
export async function* blocksOf(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafeSlow(size);
  let used = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + size - used);
      block.set(part, used);
      at += part.length;
      used += part.length;
      if (used < size) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(size);
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

/** Compresses several blocks at once; results come in the order of the blocks. */
export async function* compressInOrder(
  blocks: AsyncIterable<Buffer>,
  compress: (block: Buffer) => Promise<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const most = Math.min(availableParallelism(), LIBUV_THREADS) + 1;
  const pending: Promise<Uint8Array>[] = [];
  for await (const block of blocks) {
    const result = compress(block);
    // Looked at when its turn comes; until then a failure must not count as unhandled.
    result.catch(() => {});
    pending.push(result);
    if (pending.length >= most) yield await pending.shift()!;
  }
  for (const result of pending) yield await result;
}
