import { createReadStream, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { LIMITS } from "../core/limits.ts";
import { ARCHIVE_HEAD_BYTES, type ArchiveFormat, detectArchive } from "./archive-magic.ts";
import { DiskTree } from "./disk-tree.ts";
import { peekStream, readStream } from "./peek-stream.ts";
import { TimeSlices } from "./time-slices.ts";

/**
 * Unpacks an archive into an existing empty folder, following no link and leaving the folder by no name; the layer code has
 * it. Owners need not be kept.
 */
export type UnpackArchive = (
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  format: ArchiveFormat,
) => Promise<void>;

export interface ArchiveContextOptions {
  /** An own folder of the build, which must not exist or be empty. */
  readonly dir: string;
  readonly unpackArchive: UnpackArchive;
  readonly signal?: AbortSignal;
}

/** What came over standard input or from a URL: a context in an archive, or a lone Dockerfile (SPEC CL-01, SG-15). */
export type StreamedContext =
  | { readonly kind: "archive"; readonly root: string }
  | { readonly kind: "dockerfile"; readonly bytes: Buffer };

/**
 * Reads a build context from a stream. An archive is unpacked and `root` is its folder; anything else is taken as the
 * Dockerfile. Throws `CONTEXT_INVALID` for archives that hold what a context cannot, `DOCKERFILE_SYNTAX` (too large).
 */
export async function readStreamedContext(
  source: AsyncIterable<Uint8Array>,
  options: ArchiveContextOptions,
): Promise<StreamedContext> {
  const { head, stream } = await peekStream(source, ARCHIVE_HEAD_BYTES);
  const format = detectArchive(head);
  if (format) return { kind: "archive", root: await unpackContext(stream, format, options) };
  const bytes = await readStream(stream, LIMITS.dockerfile);
  if (bytes) return { kind: "dockerfile", bytes };
  const limit = LIMITS.dockerfile / 1024 / 1024;
  throw new SlipwayError(
    "DOCKERFILE_SYNTAX",
    `the build context is no archive and larger than ${limit} MiB: no Dockerfile either`,
    {
      hint: "give a tar archive, plain or packed with gzip, bzip2 or xz",
    },
  );
}

/** `readStreamedContext` for a file of this machine, such as a download. */
export function readContextFile(path: string, options: ArchiveContextOptions): Promise<StreamedContext> {
  return readStreamedContext(createReadStream(path), options);
}

/** Unpacks, then looks at the result: a second pair of eyes for what CVE-2026-28406 and CVE-2026-44517 got past the first. */
async function unpackContext(
  stream: AsyncIterable<Uint8Array>,
  format: ArchiveFormat,
  options: ArchiveContextOptions,
): Promise<string> {
  const root = join(options.dir, "context");
  mkdirSync(root, { recursive: true, mode: 0o700 });
  await options.unpackArchive(stream, root, format);
  const strays = readdirSync(options.dir).filter((name) => name !== "context");
  if (strays.length > 0) throw invalid(`an entry leaves the archive: "../${printableName(strays[0]!)}"`);
  const slices = new TimeSlices(options.signal);
  for (const device of devicesIn(new DiskTree(root), "")) {
    if (device !== undefined) throw invalid(`"${printableName(device)}" is a device`);
    if (slices.isOver) await slices.pause();
  }
  return root;
}

function* devicesIn(tree: DiskTree, path: string): Generator<string | undefined> {
  const type = tree.node(path)?.entry.type;
  yield type === "char" || type === "block" ? path : undefined;
  for (const name of tree.names(path)) yield* devicesIn(tree, path === "" ? name : `${path}/${name}`);
}

function invalid(problem: string): SlipwayError {
  return new SlipwayError("CONTEXT_INVALID", `the archive cannot be a build context: ${problem}`, {
    hint: "pack plain files, folders and links only",
  });
}
