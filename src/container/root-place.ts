import { existsSync } from "node:fs";
import type { RootfsSupport } from "../snapshot/prepare-rootfs.ts";
import type { ContainerFolder } from "./container-record.ts";

export interface RootRequest {
  readonly folder: ContainerFolder;
  /** What this machine can do. */
  readonly rootfsSupport: RootfsSupport;
  /** Nothing of what it writes will be needed again. */
  readonly isPassing: boolean;
}

export interface RootPlace {
  readonly support: RootfsSupport;
  readonly upper: string;
  /** Something was written there in an earlier run. */
  readonly isUsed: boolean;
}

/** A container keeps the kind of root filesystem that it was first started with. A database in it wants its writes on the disk. */
export function rootPlace({ folder, rootfsSupport, isPassing }: RootRequest): RootPlace {
  const kind = existsSync(folder.tree) ? "copy" : existsSync(folder.upper) ? "overlay" : rootfsSupport.kind;
  const upper = kind === "copy" ? folder.tree : folder.upper;
  const volatile = rootfsSupport.volatile && isPassing;
  return { support: { kind, volatile }, upper, isUsed: existsSync(upper) };
}
