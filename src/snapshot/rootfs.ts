/** A root filesystem that is ready to be mounted for one process. */
export interface Rootfs {
  readonly kind: "overlay" | "copy";
  /** Host path of the root once `mountScript` has run. */
  readonly merged: string;
  /** Where changes land: overlayfs's upper directory, or the whole copied tree. */
  readonly upper: string;
  /**
   * Lines of POSIX sh for a private mount namespace, run under `set -e`; they may change the working directory. The kernel
   * undoes what they mount when that namespace ends, so nothing here unmounts.
   */
  readonly mountScript: readonly string[];
  /** Takes what only the mounts needed out of `upper` again; call once, after the process has ended. */
  finish(): Promise<void>;
}

/** Quotes one word for POSIX sh. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
