import { createHash, type Hash } from "node:crypto";
import { type Digest, finishDigest } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import { entryOf } from "./archive-entries.ts";
import { gzipMember } from "./gzip-writer.ts";
import type { TarEntry } from "./tar-entry.ts";
import { TarReader, type TarSink } from "./tar-reader.ts";
import { entryHeader, paddingAfter, storedSize, TAR_END } from "./tar-writer.ts";

/** The file that holds the table of contents; behind the end mark, where no unpacker sees it. */
const TOC_NAME = "stargz.index.json";
/** Files are cut into pieces of this size, each of which can be fetched alone. */
const PIECE = 4 * 1024 * 1024;

/** What is known of an eStargz blob when it is complete. */
export interface EstargzFacts {
  /** Of the archive with its table of contents: not that of the archive that went in. */
  readonly diffId: Digest;
  readonly tocDigest: Digest;
  readonly uncompressedSize: number;
}

/** One member of the table of contents (stargz-snapshotter, docs/estargz.md); offsets and digests come while it is written. */
interface TocEntry {
  readonly name: string;
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
  offset?: number;
  chunkOffset?: number;
  chunkSize?: number;
  digest?: Digest;
  chunkDigest?: Digest;
}

/** Bytes that become one gzip member; where they begin with a piece of a file, the entry that its offset is for. */
interface Part {
  readonly bytes: Buffer;
  readonly entry: TocEntry | undefined;
}

/**
 * Compresses a layer archive so that single files of it can be fetched (eStargz): every piece of a file is a gzip member of its own,
 * and a table of contents tells where. To everybody else it is an ordinary gzip layer. Throws `LAYER_INVALID`, and what `archive` throws.
 */
export async function* estargzCompress(
  archive: AsyncIterable<Uint8Array>,
  level: number,
  onEnd: (facts: EstargzFacts) => void,
): AsyncGenerator<Uint8Array> {
  const writer = new EstargzWriter();
  const out = new MemberWriter(level);
  const reader = new TarReader(writer);
  for await (const chunk of archive) {
    reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    for (const part of writer.take()) yield out.member(part);
  }
  reader.finish();
  for (const part of writer.close()) yield out.member(part);
  const json = Buffer.from(JSON.stringify({ version: 1, entries: writer.toc.map(tocJson) }, null, "\t"));
  const offset = out.length;
  yield out.member({ bytes: tocFile(json), entry: undefined });
  yield footer(offset);
  const tocDigest = finishDigest(createHash("sha256").update(json));
  onEnd({ ...out.facts(), tocDigest });
}

/** Turns members of an archive into parts, and remembers what the table of contents has to say about them. */
class EstargzWriter implements TarSink {
  readonly toc: TocEntry[] = [];
  #done: Part[] = [];
  #open: { readonly pieces: Buffer[]; readonly entry: TocEntry | undefined } = {
    pieces: [],
    entry: undefined,
  };
  #file: FileInProgress | undefined;

  begin(member: TarEntry): void {
    const entry = entryOf(member);
    this.#open.pieces.push(entryHeader(entry));
    const toc = tocEntryOf(entry);
    this.toc.push(toc);
    const size = storedSize(entry);
    this.#file = size > 0 ? new FileInProgress(toc, size) : undefined;
  }

  data(chunk: Buffer): void {
    const file = this.#file!;
    for (let at = 0; at < chunk.length; ) {
      if (file.isAtPiece()) this.#cut(file.nextPiece(this.toc));
      const bytes = Buffer.from(chunk.subarray(at, at + file.room()));
      file.add(bytes);
      this.#open.pieces.push(bytes);
      at += bytes.length;
    }
  }

  end(): void {
    if (!this.#file) return;
    this.#file.finish();
    this.#open.pieces.push(paddingAfter(this.#file.size));
    this.#file = undefined;
  }

  /** The last part, with the archive's end mark. */
  close(): Part[] {
    this.#open.pieces.push(TAR_END);
    this.#cut(undefined);
    return this.take();
  }

  take(): Part[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #cut(next: TocEntry | undefined): void {
    const { pieces, entry } = this.#open;
    if (pieces.length > 0) this.#done.push({ bytes: Buffer.concat(pieces), entry });
    this.#open = { pieces: [], entry: next };
  }
}

/** The bytes of one file on their way through. */
class FileInProgress {
  readonly size: number;
  readonly #toc: TocEntry;
  readonly #whole = createHash("sha256");
  #piece: { readonly entry: TocEntry; readonly hash: Hash; left: number } | undefined;
  #at = 0;

  constructor(toc: TocEntry, size: number) {
    this.#toc = toc;
    this.size = size;
  }

  isAtPiece(): boolean {
    return this.#at % PIECE === 0;
  }

  /** The entry for the piece that begins now: the file's own, or one of its own behind it. The last one has no size (docs/estargz.md). */
  nextPiece(toc: TocEntry[]): TocEntry {
    this.#finishPiece();
    const left = Math.min(PIECE, this.size - this.#at);
    const entry: TocEntry =
      this.#at === 0 ? this.#toc : { name: this.#toc.name, type: "chunk", facts: {}, chunkOffset: this.#at };
    if (entry !== this.#toc) toc.push(entry);
    if (this.#at + left < this.size) entry.chunkSize = left;
    this.#piece = { entry, hash: createHash("sha256"), left };
    return entry;
  }

  room(): number {
    return this.#piece!.left;
  }

  add(bytes: Buffer): void {
    const piece = this.#piece!;
    piece.hash.update(bytes);
    piece.left -= bytes.length;
    this.#whole.update(bytes);
    this.#at += bytes.length;
  }

  finish(): void {
    this.#finishPiece();
    this.#toc.digest = finishDigest(this.#whole);
  }

  #finishPiece(): void {
    if (this.#piece) this.#piece.entry.chunkDigest = finishDigest(this.#piece.hash);
    this.#piece = undefined;
  }
}

/** Writes gzip members one behind the other. */
class MemberWriter {
  readonly #level: number;
  readonly #diff = createHash("sha256");
  #uncompressed = 0;
  /** Compressed bytes so far. */
  length = 0;

  constructor(level: number) {
    this.#level = level;
  }

  async member({ bytes, entry }: Part): Promise<Buffer> {
    this.#diff.update(bytes);
    this.#uncompressed += bytes.length;
    if (entry) entry.offset = this.length;
    const compressed = await gzipMember(bytes, this.#level);
    this.length += compressed.length;
    return compressed;
  }

  facts(): Omit<EstargzFacts, "tocDigest"> {
    return { diffId: finishDigest(this.#diff), uncompressedSize: this.#uncompressed };
  }
}

function tocEntryOf(entry: Entry): TocEntry {
  const { path, mode, uid, gid, mtime, size } = entry;
  const type = entry.hardLink === undefined ? (TYPES[entry.type] ?? entry.type) : "hardlink";
  const linkName = entry.hardLink ?? entry.linkTarget;
  const isDevice = entry.type === "char" || entry.type === "block";
  const xattrs = Object.entries(entry.xattrs ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString("base64"),
  ]);
  return {
    name: entry.type === "dir" ? `${path}/` : path,
    type,
    facts: {
      ...(type === "reg" && size > 0 ? { size } : {}),
      ...(mtime === 0 ? {} : { modtime: new Date(mtime * 1000).toISOString().replace(/\.\d+/, "") }),
      ...(linkName === undefined ? {} : { linkName }),
      mode,
      uid,
      gid,
      ...(isDevice ? { devMajor: entry.devMajor ?? 0, devMinor: entry.devMinor ?? 0 } : {}),
      ...(xattrs.length > 0 ? { xattrs: Object.fromEntries(xattrs) } : {}),
    },
  };
}

const TYPES: Readonly<Record<string, string>> = { file: "reg", whiteout: "reg" };

function tocJson({ name, type, facts, ...places }: TocEntry): Readonly<Record<string, unknown>> {
  return { name, type, ...facts, ...places };
}

function tocFile(json: Buffer): Buffer {
  const file = {
    path: TOC_NAME,
    type: "file",
    mode: 0,
    uid: 0,
    gid: 0,
    size: json.length,
    mtime: 0,
    mtimeNs: 0,
  } as const;
  return Buffer.concat([entryHeader(file), json, paddingAfter(json.length), TAR_END]);
}

/** An empty gzip member with the place of the table of contents in its extra field (RFC 1952 §2.3.1.1). */
function footer(tocOffset: number): Buffer {
  const place = `${tocOffset.toString(16).padStart(16, "0")}STARGZ`;
  const extra = Buffer.concat([Buffer.from("SG"), Buffer.from([place.length, 0]), Buffer.from(place)]);
  const header = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, extra.length, 0]);
  const emptyBlock = Buffer.from([1, 0, 0, 0xff, 0xff]);
  return Buffer.concat([header, extra, emptyBlock, Buffer.alloc(8)]);
}
