import { createHash } from "node:crypto";
import type { Digest } from "../core/digest.ts";
import { finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";

/** What bytes must turn out to be. `size` in bytes; undefined where only the digest is known. */
export interface Expected {
  readonly digest: Digest;
  readonly size?: number;
}

/**
 * Passes bytes through and checks them (STYLE habit 1): more than `size` bytes throw at once; the last chunk is withheld
 * until size and digest are known to be right. So nobody who reads to the end has taken wrong bytes for good ones.
 * Throws `DIGEST_MISMATCH`.
 */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: Expected,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash("sha256");
  let total = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    total += chunk.length;
    if (size !== undefined && total > size)
      throw mismatch(digest, `it has more than the ${size} bytes that were promised`, { size });
    hash.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  if (size !== undefined && total !== size)
    throw mismatch(digest, `it ends after ${total} of ${size} bytes`, { size, actualSize: total });
  const actual = finishDigest(hash);
  if (actual !== digest) throw mismatch(digest, `its bytes have the digest ${actual}`, { actual });
  if (held) yield held;
}

function mismatch(digest: Digest, problem: string, facts: Readonly<Record<string, unknown>>): SlipwayError {
  return new SlipwayError("DIGEST_MISMATCH", `content is not ${digest}: ${problem}`, {
    hint: "the copy is damaged or was cut short: fetch it again",
    facts: { digest, ...facts },
  });
}

/** Reads a whole stream that is expected to be small; throws `DIGEST_MISMATCH` beyond `limit` bytes. */
export async function collect(source: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > limit)
      throw new SlipwayError("DIGEST_MISMATCH", `content is larger than the limit of ${limit} bytes`, {
        facts: { limit },
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
