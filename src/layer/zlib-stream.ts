import { pipeline, type Transform } from "node:stream";
import { SlipwayError } from "../core/errors.ts";

/** A zlib stream; `bytesWritten` counts the input bytes that it used. */
export type ZlibTransform = Transform & { readonly bytesWritten: number };

/**
 * Runs `source` through a decompressing zlib stream. Throws `LAYER_INVALID` where bytes are left over behind the end, which zlib would
 * pass over in silence, and what the stream or `source` throws.
 */
export async function* throughZlib(
  source: AsyncIterable<Uint8Array>,
  transform: ZlibTransform,
): AsyncGenerator<Uint8Array> {
  let fed = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      fed += chunk.length;
      yield chunk;
    }
  };
  // Its errors come out of the iteration below.
  pipeline(counted, transform, () => {});
  for await (const chunk of transform) yield chunk as Uint8Array;
  if (fed > transform.bytesWritten)
    throw new SlipwayError("LAYER_INVALID", "compressed data goes on behind its end", {
      facts: { surplus: fed - transform.bytesWritten },
    });
}
