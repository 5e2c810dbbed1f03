import type { TarEntry } from "../../src/layer/tar-entry.ts";
import { TarReader } from "../../src/layer/tar-reader.ts";
import { Random } from "../engine/random.ts";
import { must, type Target } from "../engine/target.ts";
import { growingArchive, mutateHeader, TAR_WORDS, tarArchive } from "../grammar/tar.ts";

/** Zeros of sparse files cost the archive nothing; more of them than this are not written out. */
const MOST_BYTES = 64 << 20;

/** The tar reader: v7, ustar, pax, GNU long names, every sparse format. */
export const tarTarget: Target = {
  name: "tar",
  about: "tar streams: headers, pax records, long names, sparse files; cut into chunks anywhere",
  seeds: [1, 2, 3, 4].map((seed) => tarArchive(new Random(seed))),
  dictionary: TAR_WORDS,
  generate: tarArchive,
  grow: growingArchive,
  mutators: [mutateHeader, mutateHeader, mutateHeader],
  run: (input) => {
    const whole = read([Buffer.from(input)]);
    const pieces = read(inPieces(Buffer.from(input)));
    must(
      JSON.stringify(whole.members) === JSON.stringify(pieces.members),
      () => "the members depend on how the stream is cut",
    );
    must(
      String(whole.error) === String(pieces.error),
      () => `the error depends on how the stream is cut: ${String(whole.error)}, ${String(pieces.error)}`,
    );
    if (whole.error) throw whole.error;
  },
};

class TooMuch extends Error {}

interface Outcome {
  readonly members: readonly unknown[];
  readonly error?: unknown;
}

function read(chunks: readonly Buffer[]): Outcome {
  const members: { entry: TarEntry; bytes: number }[] = [];
  let total = 0;
  const reader = new TarReader({
    begin: (entry) => void members.push({ entry, bytes: 0 }),
    data: (chunk) => {
      members.at(-1)!.bytes += chunk.length;
      total += chunk.length;
      if (total > MOST_BYTES) throw new TooMuch();
    },
    end: () => {
      const { entry, bytes } = members.at(-1)!;
      must(bytes === entry.size, () => `a member of ${entry.size} bytes came with ${bytes}`);
    },
  });
  try {
    for (const chunk of chunks) reader.push(chunk);
    reader.finish();
    return { members };
  } catch (error) {
    return error instanceof TooMuch ? { members } : { members, error };
  }
}

function inPieces(input: Buffer): Buffer[] {
  const random = new Random(input.length);
  const pieces: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    const length = random.between(1, 700);
    pieces.push(input.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
