import { ByteWriter } from "../core/byte-writer.ts";
import { SlipwayError } from "../core/errors.ts";
import { decodeName, encodeName } from "../core/file-name.ts";
import { ByteReader } from "../layer/toc-record.ts";
import type { InputEntry } from "./inputs.ts";

const MOST_SHARED = 255;
const HEX_DIGITS = 64;
const PIECE_BYTES = 64 * 1024;
const FINAL_DIGEST = /[0-9a-f]{64}$/;
const CONTENT = { text: 0, digest: 1 } as const;

/**
 * Input entries one after the other: a byte with how many characters of its path an entry shares with the one before, the rest of the
 * path, a byte that is 1 where the content ends in a sha256, the content without that, and those 32 bytes. Comes in pieces.
 */
export function* encodeEntries(entries: Iterable<InputEntry>): Generator<Buffer> {
  const out = new ByteWriter();
  let last = "";
  for (const [path, content] of entries) {
    const shared = sharedLength(last, path);
    out.byte(shared);
    out.sized(encodeName(path.slice(shared)));
    const hasDigest = FINAL_DIGEST.test(content);
    out.byte(hasDigest ? CONTENT.digest : CONTENT.text);
    const split = hasDigest ? content.length - HEX_DIGITS : content.length;
    out.sized(encodeName(content.slice(0, split)));
    if (hasDigest) out.hex(content.slice(split));
    last = path;
    if (out.length < PIECE_BYTES) continue;
    yield Buffer.from(out.view());
    out.clear();
  }
  yield out.view();
}

/** The entries, read one by one; what follows a damaged one counts as absent. */
export function decodeEntries(bytes: Buffer): Iterable<InputEntry> {
  return {
    *[Symbol.iterator]() {
      const reader = new ByteReader(bytes, 0);
      let path = "";
      while (reader.at < bytes.length) {
        const entry = readEntry(reader, path);
        if (!entry) return;
        yield entry;
        path = entry[0];
      }
    },
  };
}

function readEntry(reader: ByteReader, last: string): InputEntry | undefined {
  try {
    const shared = reader.byte();
    const path = last.slice(0, shared) + reader.name();
    const kind = reader.byte();
    const text = decodeName(reader.bytes(reader.varint()));
    return [path, kind === CONTENT.digest ? text + reader.bytes(HEX_DIGITS / 2).toString("hex") : text];
  } catch (error) {
    if (error instanceof SlipwayError) return undefined;
    throw error;
  }
}

/** Never ends between the halves of a surrogate pair. */
function sharedLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length, MOST_SHARED);
  let i = 0;
  while (i < most && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  const isPair = i > 0 && (a.charCodeAt(i - 1) & 0xfc00) === 0xd800;
  return isPair ? i - 1 : i;
}
