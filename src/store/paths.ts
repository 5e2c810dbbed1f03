import { join } from "node:path";
import { type Digest, hexOf } from "../core/digest.ts";

/** Every path of a store (DESIGN, "Where state lives"). Pure: nothing here touches the disk. */
export class StorePaths {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  /** Format of everything below; one number. */
  get version(): string {
    return join(this.home, "version");
  }
  get oci(): string {
    return join(this.home, "oci");
  }
  get ociLayout(): string {
    return join(this.oci, "oci-layout");
  }
  get ociIndex(): string {
    return join(this.oci, "index.json");
  }
  get blobs(): string {
    return join(this.oci, "blobs", "sha256");
  }
  get layers(): string {
    return join(this.home, "layers");
  }
  /** Images and their names; unlike the index below, not a cache. */
  get images(): string {
    return join(this.home, "images.json");
  }
  get index(): string {
    return join(this.home, "index.lmdb");
  }
  /** Copies of what builds read from the index. */
  get recall(): string {
    return join(this.home, "recall");
  }
  /** Machine code that V8 made of the program in earlier runs (`cli/compile-cache.ts`). */
  get compileCache(): string {
    return join(this.home, "compile-cache");
  }
  /** Filters of system calls in their compiled form (`runtime/compiled-filter.ts`). */
  get filters(): string {
    return join(this.home, "filters");
  }
  /** Changes with every garbage collection. */
  get collected(): string {
    return join(this.home, "collected");
  }
  get temp(): string {
    return join(this.home, "tmp");
  }
  get partial(): string {
    return join(this.temp, "partial");
  }
  get locks(): string {
    return join(this.home, "locks");
  }
  /** Folders of `RUN --mount=type=cache`. */
  get cacheMounts(): string {
    return join(this.home, "cache-mounts");
  }
  get containers(): string {
    return join(this.home, "containers");
  }

  /** Marks of containers that remove themselves. */
  get passing(): string {
    return join(this.home, "passing");
  }
  /** Data of volumes, a folder each. */
  get volumes(): string {
    return join(this.home, "volumes");
  }
  /** What is known of networks that containers share. */
  get networks(): string {
    return join(this.home, "networks");
  }

  blob(digest: Digest): string {
    return join(this.blobs, hexOf(digest));
  }
  layer(key: Digest): string {
    return join(this.layers, hexOf(key));
  }
}
