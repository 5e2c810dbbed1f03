import { realpathSync, statSync } from "node:fs";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { decodeName, fsPath, printableName } from "../core/file-name.ts";
import type { Entry, ReadableTree } from "../core/file-tree.ts";
import { openWithoutLinks } from "../sys/open-without-links.ts";
import { contextMissing } from "./context-missing.ts";
import { DigestTable } from "./digest-table.ts";
import { DiskTree, type ReadXattrs, unreadable } from "./disk-tree.ts";
import { type HashedFile, hashFile, PIECE_BYTES, sameStat } from "./hash-file.ts";
import { type DecidingRule, type IgnoreRules, noIgnoreRules } from "./ignore-rules.ts";
import type { DiskNode } from "./node-table.ts";
import { decodeSighting, encodeSighting, isAsSeen, SIGHTING_BYTES } from "./sighting.ts";
import { type FileStat, isAtRest, StatIndex, type StatIndexStorage } from "./stat-index.ts";
import { TimeSlices } from "./time-slices.ts";

export interface LocalContextOptions {
  /** A folder of this machine; a link to one is followed, once. */
  readonly root: string;
  /** Left out: everything is visible (SPEC DI-02). */
  readonly ignore?: IgnoreRules;
  /** Left out: every file that is asked for is read once a build. */
  readonly statIndex?: StatIndexStorage;
  readonly readXattrs?: ReadXattrs;
  /** Ends hashing. */
  readonly signal?: AbortSignal;
}

/** Opens a folder as a build context. Throws `CONTEXT_NOT_FOUND` where it is missing or no folder (SPEC CL-01). */
export function openLocalContext(options: LocalContextOptions): LocalContext {
  return new LocalContext(realFolder(options.root), options);
}

/**
 * A folder as a build sees it: ignored paths do not exist, everything belongs to 0:0 (SPEC CP-08), sockets are empty files.
 * Only what is asked for is read from the disk, and each thing once, so answers stay the same for the life of the build.
 * Nothing is followed out of the folder: what lies behind a linked folder is not there.
 */
export class LocalContext implements ReadableTree {
  readonly #disk: DiskTree;
  readonly #ignore: IgnoreRules;
  readonly #index: StatIndex;
  readonly #signal: AbortSignal | undefined;
  readonly #frame: string;
  readonly #openedAt = Date.now();
  readonly #rescued = new Map<string, boolean>();
  readonly #digests: DigestTable;
  #hashing: Promise<unknown> = Promise.resolve();

  constructor(root: string, options: LocalContextOptions) {
    this.#disk = new DiskTree(root, options.readXattrs);
    this.#digests = new DigestTable(this.#disk.paths);
    this.#ignore = options.ignore ?? noIgnoreRules();
    this.#index = new StatIndex(options.statIndex, root);
    this.#signal = options.signal;
    this.#frame = JSON.stringify([root, this.#ignore.identity]);
  }

  /** Real path of the folder. */
  get root(): string {
    return this.#disk.root;
  }

  lookup(path: string): Entry | undefined {
    return this.#visibleNode(path)?.entry;
  }

  list(path: string): readonly string[] {
    if (this.#visibleNode(path)?.type !== "dir") return [];
    const names = this.#disk.names(path);
    return this.#ignore.isEmpty ? names : names.filter((name) => this.#isVisible(childOf(path, name)));
  }

  /** Everything below a folder, in the order of `comparePaths`; the folder itself is not part of it. */
  *walk(prefix = ""): Generator<Entry> {
    for (const name of this.list(prefix)) {
      const path = childOf(prefix, name);
      const entry = this.lookup(path);
      if (entry) yield entry;
      if (entry?.type === "dir") yield* this.walk(path);
    }
  }

  /** The ignore rule that hides a path which is on the disk, for messages. */
  hiddenBy(path: string): DecidingRule | undefined {
    if (this.#isVisible(path) || !this.#disk.node(path)) return undefined;
    return this.#ignore.explain(path);
  }

  /**
   * Host path of a visible regular file, none of whose folders is a link; names that are not UTF-8 are to be passed through
   * `fsPath`. Open it with O_NOFOLLOW. A socket's is `/dev/null`. Throws `SOURCE_NOT_FOUND`.
   */
  locate(path: string): string {
    const node = this.#fileNode(path);
    return node.isSocket ? "/dev/null" : this.#disk.hostPath(path);
  }

  /** Opens a visible regular file to read it; fails where one of its folders has become a link since. Throws `SOURCE_NOT_FOUND`. */
  open(path: string): number {
    return openWithoutLinks(this.locate(path));
  }

  /** The stat of a visible file as it was when the path was first looked at. */
  stat(path: string): FileStat | undefined {
    return this.#visibleNode(path)?.stat;
  }

  /** The same for two visible names of one file, and undefined for a file with one name (SPEC CP-10). */
  inode(path: string): string | undefined {
    return this.#visibleNode(path)?.inode;
  }

  /**
   * Digests of those files: from the stat index where they are at rest, by reading them in slices of time otherwise. Throws
   * `SOURCE_NOT_FOUND`, `SOURCE_CHANGED` (a file that keeps changing), `PERMISSION_DENIED`, `CANCELLED`.
   */
  async digests(paths: readonly string[]): Promise<ReadonlyMap<string, Digest>> {
    await this.read(paths);
    return new Map(paths.map((path) => [path, this.knownDigest(path)!]));
  }

  /** Sees to it that `knownDigest` knows the digest of all of these. Throws what `digests` throws. */
  read(paths: Iterable<string>): Promise<void> {
    // One after the other: steps that select the same files then hash them once.
    const result = this.#hashing.then(() => this.#readAll(paths));
    this.#hashing = result.catch(() => {});
    return result;
  }

  /** The digest of a visible file, where it need not be read for it. Throws `SOURCE_NOT_FOUND`. */
  knownDigest(path: string): Digest | undefined {
    const known = this.#digests.get(path);
    if (known) return known;
    const node = this.#fileNode(path);
    const digest = node.isSocket ? digestOf("") : this.#index.lookup(path, node.stat);
    if (digest) this.#digests.set(path, digest);
    return digest;
  }

  /** Whether a file with this stat, taken from the open file, is for certain the one that `knownDigest` speaks of. */
  isUnchanged(path: string, stat: FileStat): boolean {
    const digest = this.#index.lookup(path, stat);
    return digest !== undefined && digest === this.#digests.get(path);
  }

  /**
   * Notes a digest that was found while the file was copied; see `StatIndex.remember` for what must hold. Throws `SOURCE_CHANGED` where
   * another one was given out before: a file has one digest for the life of the build.
   */
  remember(path: string, digest: Digest, stat: FileStat, readAt: number): void {
    this.#check(path, digest);
    this.#index.remember(path, digest, stat, readAt);
    const node = this.#disk.node(path);
    if (node && sameStat(node.stat, stat)) this.#digests.set(path, digest);
  }

  /**
   * Everything that was looked at so far, for `isAsSeen` of a later build; with what an earlier sighting has, if that still holds.
   * Undefined where some of it was written to a moment ago, so that a further write might not show.
   */
  sighting(earlier?: Uint8Array): Uint8Array | undefined {
    const before = earlier && decodeSighting(earlier, this.#frame);
    if (before) for (const [path] of before) this.#disk.node(path);
    for (const [, stat] of this.#disk.seen()) if (stat && !isAtRest(stat, this.#openedAt)) return undefined;
    const { size, nameBytes } = this.#disk.paths;
    return encodeSighting(this.#frame, this.#disk.seen(), size * SIGHTING_BYTES + nameBytes);
  }

  /** Whether everything that a build looked at is as it was then: it would come to the same results. */
  isAsSeen(sighting: Uint8Array): boolean {
    const before = decodeSighting(sighting, this.#frame);
    return before !== undefined && isAsSeen(before, (path) => this.#disk.statNow(path));
  }

  /** Keeps what was learnt for the next build; writes nothing where nothing is new. To be called once, at the end of a build. */
  saveStatIndex(): void {
    this.#index.save();
  }

  async #readAll(paths: Iterable<string>): Promise<void> {
    throwIfAborted(this.#signal);
    const slices = new TimeSlices(this.#signal);
    let buffer: Buffer | undefined;
    for (const path of paths) {
      if (!this.knownDigest(path)) {
        buffer ??= Buffer.allocUnsafe(PIECE_BYTES);
        await this.#hash(path, buffer, slices);
      }
      if (slices.isOver) await slices.pause();
    }
  }

  async #hash(path: string, buffer: Buffer, slices: TimeSlices): Promise<void> {
    const hashed = await this.#read(path, buffer, slices);
    if (!sameStat(hashed.stat, this.#fileNode(path).stat)) this.#disk.refresh(path);
    this.#check(path, hashed.digest);
    this.#digests.set(path, hashed.digest);
    this.#index.remember(path, hashed.digest, hashed.stat, hashed.readAt);
  }

  /** Another step may have read the file meanwhile. */
  #check(path: string, digest: Digest): void {
    const given = this.#digests.get(path);
    if (given !== undefined && given !== digest) throw changed(path);
  }

  async #read(path: string, buffer: Buffer, slices: TimeSlices): Promise<HashedFile> {
    const hashing = hashFile(this.#disk.hostPath(path), buffer);
    try {
      for (;;) {
        const turn = hashing.next();
        if (turn.done) return turn.value;
        if (slices.isOver) await slices.pause();
      }
    } catch (error) {
      throw readFailure(path, error);
    } finally {
      // Closes the file where a pause ended with an abort.
      hashing.return(undefined as never);
    }
  }

  #fileNode(path: string): DiskNode {
    const node = this.#visibleNode(path);
    if (node?.type === "file") return node;
    throw new SlipwayError(
      "SOURCE_NOT_FOUND",
      `"${printableName(path)}" is not a file of the build context`,
      {
        facts: { path },
      },
    );
  }

  #visibleNode(path: string): DiskNode | undefined {
    return this.#isVisible(path) ? this.#disk.node(path) : undefined;
  }

  /** An excluded folder is there all the same where something in it is kept by a `!` line (SPEC DI-09). */
  #isVisible(path: string): boolean {
    if (this.#ignore.isEmpty || !this.#ignore.matches(path)) return true;
    if (!this.#ignore.mayContainIncluded(path)) return false;
    let rescued = this.#rescued.get(path);
    if (rescued === undefined) {
      rescued = this.#disk.names(path).some((name) => this.#isVisible(childOf(path, name)));
      this.#rescued.set(path, rescued);
    }
    return rescued;
  }
}

function realFolder(root: string): string {
  try {
    const real = realpathSync(fsPath(root), { encoding: "buffer" });
    if (statSync(real).isDirectory()) return decodeName(real);
  } catch (error) {
    const missing = ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"].includes(systemErrorCode(error) ?? "");
    if (!missing)
      throw describeSystemError(
        error,
        `opening the build context "${printableName(root)}"`,
        "make it readable",
      );
    throw contextMissing(root, false, error);
  }
  throw contextMissing(root, true);
}

function readFailure(path: string, error: unknown): unknown {
  if (!["ENOENT", "ELOOP", "ENOTDIR"].includes(systemErrorCode(error) ?? ""))
    return unreadable(error, `reading "${printableName(path)}" of the build context`);
  return changed(path, error);
}

function changed(path: string, cause?: unknown): SlipwayError<"SOURCE_CHANGED"> {
  return new SlipwayError(
    "SOURCE_CHANGED",
    `"${printableName(path)}" was removed or replaced while it was read`,
    {
      hint: "stop what writes to the build context during the build",
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function childOf(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
