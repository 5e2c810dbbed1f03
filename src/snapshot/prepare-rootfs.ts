import { type CopyRequest, prepareCopy } from "./copy.ts";
import { prepareOverlay } from "./overlay.ts";
import type { Rootfs } from "./rootfs.ts";

/** How layers become a root filesystem: stacked by the kernel, or copied into one tree where it cannot do that here. */
export type RootfsKind = Rootfs["kind"];

/** What this machine can do. */
export interface RootfsSupport {
  readonly kind: RootfsKind;
  /** An overlay need not reach the disk: `fsync` returns at once, and unmounting it does not wait for the disk (Linux 5.10). */
  readonly volatile: boolean;
}

/**
 * Prepares a root filesystem of that kind. It need not outlive a crash of the machine: a layer that was not on the disk by then is
 * checked before it is used (DESIGN decision 4). Throws `SNAPSHOT_FAILED`, `DISK_FULL`.
 */
export function prepareRootfs({ kind, volatile }: RootfsSupport, request: CopyRequest): Promise<Rootfs> {
  return kind === "overlay" ? prepareOverlay({ ...request, volatile }) : prepareCopy(request);
}
