import { decodeName } from "../core/file-name.ts";
import { LIMITS } from "../core/limits.ts";
import { parsePax } from "./pax.ts";
import { describeMember, type ExtendedHeaders, type TarEntry, type TarMember } from "./tar-entry.ts";
import { invalidTar, parseHeader, type RawHeader, TAR_BLOCK } from "./tar-header.ts";
import {
  checkSparse,
  parseOldSparse,
  parseSparseExtension,
  SparseFeed,
  SparseMapReader,
  type SparseRun,
} from "./tar-sparse.ts";

/** Receives an archive's members in order. */
export interface TarSink {
  begin(entry: TarEntry): void;
  /** Bytes of the member that began last; only valid during the call. `isHole`: zeros that a sparse file does not store. */
  data(chunk: Buffer, isHole: boolean): void;
  /** So many zeros that a sparse file does not store, all at once; without it they come as data. */
  hole?(length: number): void;
  end(): void;
}

type BlockHandler = (block: Buffer) => void;

/**
 * Reads a tar archive that is pushed into it in chunks of any size: v7, ustar, pax, GNU long names, GNU sparse files (old, 0.0, 0.1
 * and 1.0). Global pax headers are read and have no effect, as in the archive readers of all container tools, so that an image means
 * the same everywhere. Whatever follows the end mark is ignored. Throws `LAYER_INVALID`; must not be used after it threw.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #block = Buffer.alloc(TAR_BLOCK);
  #blockLength = 0;
  #onBlock: BlockHandler = (block) => this.#header(block);
  #extended: ExtendedHeaders = { pax: [] };
  #meta: { readonly bytes: Buffer; readonly then: (bytes: Buffer) => void; length: number } | undefined;
  /** Bytes of data still to come, and of the padding behind them. */
  #dataLeft = 0;
  #padding = 0;
  #feed: ((chunk: Buffer) => void) | undefined;
  #finishMember: (() => void) | undefined;
  #zeroBlocks = 0;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && this.#zeroBlocks < 2) rest = rest.subarray(this.#take(rest));
  }

  /** Call after the last chunk: throws `LAYER_INVALID` where the archive was cut off. */
  finish(): void {
    if (this.#zeroBlocks >= 2) return;
    const isBetween = this.#blockLength === 0 && !this.#meta && !this.#finishMember && this.#padding === 0;
    if (!isBetween || !isEmpty(this.#extended)) throw invalidTar("it ends in the middle of an entry");
  }

  /** Uses up some bytes and tells how many. */
  #take(bytes: Buffer): number {
    if (this.#meta) return this.#takeMeta(bytes);
    if (this.#dataLeft > 0) return this.#takeData(bytes);
    if (this.#padding > 0) {
      const count = Math.min(this.#padding, bytes.length);
      this.#padding -= count;
      return count;
    }
    if (this.#blockLength === 0 && bytes.length >= TAR_BLOCK) {
      this.#onBlock(bytes.subarray(0, TAR_BLOCK));
      return TAR_BLOCK;
    }
    const count = bytes.copy(this.#block, this.#blockLength, 0, TAR_BLOCK - this.#blockLength);
    this.#blockLength += count;
    if (this.#blockLength === TAR_BLOCK) {
      this.#blockLength = 0;
      this.#onBlock(this.#block);
    }
    return count;
  }

  #takeMeta(bytes: Buffer): number {
    const meta = this.#meta!;
    const count = bytes.copy(meta.bytes, meta.length);
    meta.length += count;
    if (meta.length === meta.bytes.length) {
      this.#meta = undefined;
      meta.then(meta.bytes);
    }
    return count;
  }

  #takeData(bytes: Buffer): number {
    const part = bytes.subarray(0, this.#dataLeft);
    this.#dataLeft -= part.length;
    this.#feed?.(part);
    if (this.#dataLeft === 0) this.#endData();
    return part.length;
  }

  #endData(): void {
    const finish = this.#finishMember;
    this.#finishMember = undefined;
    this.#feed = undefined;
    finish?.();
  }

  #header(block: Buffer): void {
    if (isZero(block)) {
      this.#zeroBlocks++;
      return;
    }
    if (this.#zeroBlocks > 0) throw invalidTar("it goes on after a block of zeros");
    const raw = parseHeader(block);
    switch (raw.type) {
      case "x":
      case "X":
        return this.#collect(raw, (bytes) => {
          this.#extended = { ...this.#extended, pax: parsePax(bytes) };
        });
      case "g":
        return this.#collect(raw, parsePax);
      case "L":
        return this.#collect(raw, (bytes) => {
          this.#extended = { ...this.#extended, longName: cString(bytes) };
        });
      case "K":
        return this.#collect(raw, (bytes) => {
          this.#extended = { ...this.#extended, longLink: cString(bytes) };
        });
      case "V":
        return;
      case "S":
        return this.#oldSparse(raw, block);
      default:
        return this.#member(raw);
    }
  }

  #collect(raw: RawHeader, then: (bytes: Buffer) => void): void {
    if (raw.size < 0 || raw.size > LIMITS.tarMetadata) throw invalidTar("an extended header is too large");
    this.#padding = paddingOf(raw.size);
    if (raw.size === 0) then(Buffer.alloc(0));
    else this.#meta = { bytes: Buffer.alloc(raw.size), then, length: 0 };
  }

  #member(raw: RawHeader): void {
    const member = describeMember(raw, this.#takeExtended());
    if (member.hasMapInData && member.entry.type === "file") return this.#mapInData(member);
    const runs = member.entry.type === "file" ? member.sparse?.runs : undefined;
    this.#begin(member, member.stored, runs);
  }

  #oldSparse(raw: RawHeader, block: Buffer): void {
    const first = parseOldSparse(block);
    const described = describeMember(raw, this.#takeExtended());
    const member = { ...described, entry: { ...described.entry, size: first.size } };
    this.#moreSparse(member, first.runs, first.more);
  }

  #moreSparse(member: TarMember, runs: readonly SparseRun[], more: boolean): void {
    if (!more) {
      this.#onBlock = (block) => this.#header(block);
      this.#begin(member, member.stored, runs);
      return;
    }
    if (runs.length * 24 > LIMITS.tarMetadata) throw invalidTar("a sparse map is too long");
    const all = [...runs];
    this.#onBlock = (block) => {
      const next = parseSparseExtension(block);
      for (const run of next.runs) all.push(run);
      if (all.length * 24 > LIMITS.tarMetadata) throw invalidTar("a sparse map is too long");
      if (!next.more) this.#moreSparse(member, all, false);
    };
  }

  #mapInData(member: TarMember): void {
    const reader = new SparseMapReader();
    let stored = member.stored;
    this.#onBlock = (block) => {
      stored -= TAR_BLOCK;
      const runs = reader.push(block);
      if (stored < 0 || (stored === 0 && !runs)) throw invalidTar("a sparse map is longer than its data");
      if (!runs) return;
      this.#onBlock = (next) => this.#header(next);
      this.#begin(member, stored, runs);
    };
  }

  #begin({ entry }: TarMember, stored: number, runs: readonly SparseRun[] | undefined): void {
    this.#sink.begin(entry);
    if (runs) {
      const map = checkSparse({ size: entry.size, runs }, stored);
      const sparse = new SparseFeed(map, this.#sink);
      this.#feed = (chunk) => sparse.push(chunk);
      this.#finishMember = () => {
        sparse.end();
        this.#sink.end();
      };
    } else {
      if (entry.type === "file") this.#feed = (chunk) => this.#sink.data(chunk, false);
      this.#finishMember = () => this.#sink.end();
    }
    this.#dataLeft = stored;
    this.#padding = paddingOf(stored);
    if (stored === 0) this.#endData();
  }

  #takeExtended(): ExtendedHeaders {
    const extended = this.#extended;
    this.#extended = { pax: [] };
    return extended;
  }
}

function isEmpty(extended: ExtendedHeaders): boolean {
  return extended.pax.length === 0 && extended.longName === undefined && extended.longLink === undefined;
}

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}

function paddingOf(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return decodeName(end < 0 ? bytes : bytes.subarray(0, end));
}
