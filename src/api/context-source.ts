import type { LocalContext } from "../context/local-context.ts";
import type { Digest } from "../core/digest.ts";
import { printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { suggest } from "../core/suggest.ts";
import type { SourceTree } from "../execute/source-tree.ts";

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

  async prepare(): Promise<void> {}

  linkIdentity(entry: Entry): string | undefined {
    return this.#context.inode(entry.path);
  }

  /** Which ignore rule hides the path, or which path like it exists. */
  explainMissing(path: string): string | undefined {
    const rule = this.#context.hiddenBy(path);
    if (rule)
      return `it is there, but ${rule.file} line ${rule.line} (${rule.pattern}) leaves it out of the build context`;
    const at = path.lastIndexOf("/");
    const directory = at < 0 ? "" : path.slice(0, at);
    const near = suggest(path.slice(at + 1), this.#context.list(directory));
    return near && `did you mean "${printableName(directory === "" ? near : `${directory}/${near}`)}"?`;
  }

  /** Writes what was learnt about files at rest; once, when the build has ended. */
  close(): void {
    this.#context.saveStatIndex();
  }
}
