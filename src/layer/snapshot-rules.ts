import { chmodSync, lchownSync } from "node:fs";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { type Libc, libc } from "../sys/libc.ts";
import type { OverlayXattrPrefix, SnapshotForm } from "./snapshot-form.ts";

/** What differs between the forms of a snapshot: everything that is not a directory, bytes or a link. */
export interface SnapshotRules {
  /** Makes a device, fifo or whiteout, complete. */
  special(path: string, entry: Entry): void;
  /** Gives owner, mode, attributes and times to what is at `path`. */
  settle(path: string, entry: Entry): void;
}

/** Throws `SYSTEM_UNSUPPORTED` for a native form where there are no system calls for it. */
export function rulesFor(form: SnapshotForm): SnapshotRules {
  return form.kind === "native" ? new NativeRules(form.overlayXattrPrefix) : PORTABLE_RULES;
}

const PORTABLE_RULES: SnapshotRules = { special: () => {}, settle: () => {} };

class NativeRules implements SnapshotRules {
  readonly #opaqueAttribute: string;
  readonly #libc: Libc = libc();

  constructor(prefix: OverlayXattrPrefix) {
    this.#opaqueAttribute = `${prefix}opaque`;
  }

  special(path: string, entry: Entry): void {
    switch (entry.type) {
      case "whiteout":
        return this.#libc.makeDevice(path, "char", { mode: 0, major: 0, minor: 0 });
      case "fifo":
        this.#libc.makeFifo(path, 0o600);
        break;
      case "char":
      case "block":
        if (!this.#makeDevice(path, entry.type, entry)) return;
        break;
    }
    this.settle(path, entry);
  }

  /** Owner first: changing it takes setuid bits and capabilities away. */
  settle(path: string, entry: Entry): void {
    this.#setOwner(path, entry);
    if (entry.type !== "symlink") chmodSync(fsPath(path), entry.mode);
    if (entry.xattrs) this.#setXattrs(path, entry.xattrs);
    if (entry.opaque) this.#libc.setXattr(path, this.#opaqueAttribute, Buffer.from("y"));
    const time = BigInt(entry.mtime) * 1_000_000_000n + BigInt(entry.mtimeNs);
    this.#libc.setTimes(path, time, time);
  }

  /** A user namespace may not make devices: the table of contents keeps them, the snapshot goes without. */
  #makeDevice(path: string, type: "char" | "block", entry: Entry): boolean {
    try {
      const device = { mode: 0o600, major: entry.devMajor ?? 0, minor: entry.devMinor ?? 0 };
      this.#libc.makeDevice(path, type, device);
      return true;
    } catch (error) {
      if (systemErrorCode(error) === "EPERM") return false;
      throw error;
    }
  }

  #setOwner(path: string, { uid, gid }: Entry): void {
    try {
      lchownSync(fsPath(path), uid, gid);
    } catch (error) {
      if (systemErrorCode(error) !== "EINVAL") throw error;
      throw new SlipwayError("SNAPSHOT_FAILED", `owner ${uid}:${gid} cannot be given to files here`, {
        cause: error,
        hint: "give this user more subordinate ids in /etc/subuid and /etc/subgid, or build as root",
        facts: { uid, gid },
      });
    }
  }

  /** Attributes are kept as far as the file system takes them; it refuses some on links and devices (xattr(7)). */
  #setXattrs(path: string, xattrs: Readonly<Record<string, Uint8Array>>): void {
    for (const [name, value] of Object.entries(xattrs)) {
      try {
        this.#libc.setXattr(path, name, value);
      } catch (error) {
        const code = systemErrorCode(error);
        if (code !== "ENOTSUP" && !(code === "EPERM" && name.startsWith("user."))) throw error;
      }
    }
  }
}
