import { type CopyRequest, prepareCopy } from "./copy.ts";
import { prepareOverlay } from "./overlay.ts";
import type { Rootfs } from "./rootfs.ts";

/** How layers become a root filesystem: stacked by the kernel, or copied into one tree where it cannot do that here. */
export type RootfsKind = Rootfs["kind"];

/** Prepares a root filesystem of that kind. Throws `SNAPSHOT_FAILED`, `DISK_FULL`. */
export function prepareRootfs(kind: RootfsKind, request: CopyRequest): Promise<Rootfs> {
  return kind === "overlay" ? prepareOverlay(request) : prepareCopy(request);
}
