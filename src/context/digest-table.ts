import { type Digest, hexOf } from "../core/digest.ts";
import type { PathTable } from "../core/path-table.ts";
import { RecordPages } from "../core/record-pages.ts";

const DIGEST_BYTES = 32;

/** Digests of files by path, in 33 bytes each. */
export class DigestTable {
  readonly #paths: PathTable;
  /** A byte that is 1 where there is a digest, and the digest. */
  readonly #records = new RecordPages(1 + DIGEST_BYTES);

  /** `paths` numbers the paths of this and of other tables. */
  constructor(paths: PathTable) {
    this.#paths = paths;
  }

  get(path: string): Digest | undefined {
    const index = this.#paths.indexOf(path);
    if (index < 0) return undefined;
    const page = this.#records.page(index);
    const at = this.#records.offset(index);
    return page[at] === 1 ? `sha256:${page.toString("hex", at + 1, at + 1 + DIGEST_BYTES)}` : undefined;
  }

  set(path: string, digest: Digest): void {
    const index = this.#paths.add(path);
    const page = this.#records.page(index);
    const at = this.#records.offset(index);
    page[at] = 1;
    page.write(hexOf(digest), at + 1, "hex");
  }
}
