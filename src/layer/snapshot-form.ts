/**
 * How a layer's files lie in a directory.
 *
 * `native`: as overlayfs wants a lower directory: owners, modes, attributes, times and devices are real, a deletion is a 0/0 character
 * device, an opaque directory has the attribute `<overlayXattrPrefix>opaque`. Needs Linux, and root or a user namespace.
 *
 * `portable`: files and links that the owner can read; owners, modes, times, devices and deletions are in the table of contents only.
 */
export type SnapshotForm =
  | { readonly kind: "portable" }
  | { readonly kind: "native"; readonly overlayXattrPrefix: OverlayXattrPrefix };

/** `user.` where overlayfs is mounted in a user namespace (mount option `userxattr`). */
export type OverlayXattrPrefix = "trusted.overlay." | "user.overlay.";
