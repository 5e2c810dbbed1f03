import type { BigIntStats } from "node:fs";
import { fileStatOf } from "../context/hash-file.ts";
import type { DecidingRule } from "../context/ignore-rules.ts";
import type { LocalContext } from "../context/local-context.ts";
import type { Digest } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import type { FileWitness } from "../layer/change.ts";

/** A local build context as steps read it. */
export class ContextSource implements SourceTree {
  readonly name: string;
  readonly #context: LocalContext;

  constructor(name: string, context: LocalContext) {
    this.name = name;
    this.#context = context;
  }

  lookup(path: string): Entry | undefined {
    return this.#context.lookup(path);
  }

  list(path: string): readonly string[] {
    return this.#context.list(path);
  }

  locate(path: string): string {
    return this.#context.locate(path);
  }

  digests(paths: readonly string[]): Promise<ReadonlyMap<string, Digest>> {
    return this.#context.digests(paths);
  }

  knownDigest(path: string): Digest | undefined {
    return this.#context.knownDigest(path);
  }

  read(paths: Iterable<string>): Promise<void> {
    return this.#context.read(paths);
  }

  witness(path: string): FileWitness {
    return new ContextFile(this.#context, path);
  }

  sighting(earlier?: Uint8Array): Uint8Array | undefined {
    return this.#context.sighting(earlier);
  }

  isAsSeen(sighting: Uint8Array): boolean {
    return this.#context.isAsSeen(sighting);
  }

  async prepare(): Promise<void> {}

  linkIdentity(entry: Entry): string | undefined {
    return this.#context.inode(entry.path);
  }

  hiddenBy(path: string): DecidingRule | undefined {
    return this.#context.hiddenBy(path);
  }

  /** Writes what was learnt about files at rest; once, when the build has ended. */
  close(): void {
    this.#context.saveStatIndex();
  }
}

/** One file of a context; there may be a hundred thousand of them at a time. */
class ContextFile implements FileWitness {
  readonly #context: LocalContext;
  readonly #path: string;

  constructor(context: LocalContext, path: string) {
    this.#context = context;
    this.#path = path;
  }

  open(): number {
    return this.#context.open(this.#path);
  }

  isUnchanged(stat: BigIntStats): boolean {
    return this.#context.isUnchanged(this.#path, fileStatOf(stat));
  }

  wasRead(digest: Digest, stat: BigIntStats, readAt: number): void {
    this.#context.remember(this.#path, digest, fileStatOf(stat), readAt);
  }
}
