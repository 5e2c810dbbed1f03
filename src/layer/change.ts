import type { Entry } from "./entry.ts";

/** Where the bytes of a file in a new layer come from. */
export type ByteSource =
  | { readonly kind: "none" }
  /** A file of this machine, read without following a link in its last component. */
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** One entry of a layer that is about to be made. */
export interface Change {
  readonly entry: Entry;
  readonly bytes: ByteSource;
}
