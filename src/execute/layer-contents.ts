import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type Digest, digestOf } from "../core/digest.ts";
import { describeSystemError, SlipwayError } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { archivedFiles, archivedPlaces, type LayerFile } from "../layer/archived-files.ts";
import type { Toc } from "../layer/toc.ts";
import { READ_FLAGS } from "../sys/open-without-links.ts";

/** The forms of a layer that its files can be read from. */
export interface LayerForms {
  readonly diffId: Digest;
  readonly toc: Toc;
  /** A folder with its files. */
  readonly folder: string | undefined;
  /** Its archive, uncompressed, as made of the table of contents. */
  readonly archive: string | undefined;
  /** The archive that it came in, without its compression. */
  readonly stream: () => Promise<AsyncIterable<Uint8Array>>;
  /** Unpacks it where there is no folder: files that are hard links to layers below have no bytes in its archive. */
  readonly unpacked: () => Promise<string>;
}

/**
 * Bytes of some files of one layer, from whatever is there of it; nothing is unpacked. Only entries with bytes of their own count. Each file is verified by its
 * digest before it is given. Throws `LAYER_INVALID` where one is not what the table of contents says, or is not there.
 */
export async function* layerContents(
  forms: LayerForms,
  wanted: ReadonlyMap<string, Entry>,
): AsyncGenerator<LayerFile> {
  if (wanted.size === 0) return;
  let count = 0;
  for await (const file of files(forms, wanted)) {
    const { entry, bytes } = file;
    if (entry.digest !== undefined && digestOf(bytes) !== entry.digest)
      throw broken(forms, entry, "its bytes are others");
    count += 1;
    yield file;
  }
  const missing = count < wanted.size ? [...wanted.values()][0] : undefined;
  if (missing) throw broken(forms, missing, "it, or one like it, is not there");
}

async function* files(forms: LayerForms, wanted: ReadonlyMap<string, Entry>): AsyncGenerator<LayerFile> {
  const { folder, archive, toc } = forms;
  if (folder !== undefined) {
    for (const entry of wanted.values())
      yield { entry, bytes: readWhole(forms, entry, `${folder}/${entry.path}`) };
  } else if (archive !== undefined) {
    const fd = openSync(fsPath(archive), READ_FLAGS);
    try {
      for (const [entry, at] of archivedPlaces(toc, wanted))
        yield { entry, bytes: readPart(forms, fd, entry, at) };
    } finally {
      closeSync(fd);
    }
  } else yield* streamedFiles(forms, wanted);
}

async function* streamedFiles(
  forms: LayerForms,
  wanted: ReadonlyMap<string, Entry>,
): AsyncGenerator<LayerFile> {
  const left = new Map(wanted);
  for await (const file of archivedFiles(await forms.stream(), wanted)) {
    left.delete(file.entry.path);
    yield file;
  }
  if (left.size === 0) return;
  const folder = await forms.unpacked();
  for (const entry of left.values())
    yield { entry, bytes: readWhole(forms, entry, `${folder}/${entry.path}`) };
}

function readWhole(forms: LayerForms, entry: Entry, path: string): Buffer {
  let fd: number;
  try {
    fd = openSync(fsPath(path), READ_FLAGS);
  } catch (error) {
    const described = describeSystemError(error, "reading a layer");
    throw described === error ? broken(forms, entry, "it cannot be opened", error) : described;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size !== entry.size) throw broken(forms, entry, "it has another size");
    return readPart(forms, fd, entry, 0);
  } finally {
    closeSync(fd);
  }
}

function readPart(forms: LayerForms, fd: number, entry: Entry, at: number): Buffer {
  const bytes = Buffer.allocUnsafe(entry.size);
  for (let done = 0; done < bytes.length; ) {
    const length = readSync(fd, bytes, done, bytes.length - done, at + done);
    if (length === 0) throw broken(forms, entry, "it is too short");
    done += length;
  }
  return bytes;
}

function broken(
  { diffId }: LayerForms,
  { path }: Entry,
  why: string,
  cause?: unknown,
): SlipwayError<"LAYER_INVALID"> {
  return new SlipwayError(
    "LAYER_INVALID",
    `layer ${diffId} does not fit its table of contents: "${printableName(path)}": ${why}`,
    {
      hint: "build or pull the image again",
      facts: { diffId, path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
