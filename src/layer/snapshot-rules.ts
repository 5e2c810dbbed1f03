import { chmodSync, fchmodSync, fchownSync, lchownSync, statSync } from "node:fs";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { type Libc, libc } from "../sys/libc.ts";
import type { OverlayXattrPrefix, SnapshotForm } from "./snapshot-form.ts";

type Owner = Pick<Entry, "uid" | "gid">;

/** What differs between the forms of a snapshot: everything that is not a directory, bytes or a link. */
export interface SnapshotRules {
  /** Makes a device, fifo or whiteout, complete. */
  special(path: string, entry: Entry): void;
  /** Gives owner, mode, attributes and times to what is at `path`. */
  settle(path: string, entry: Entry): void;
  /** The same for an open file that was made at `path` by this process. */
  settleFile(fd: number, path: string, entry: Entry): void;
}

/** `directory`: where the snapshot is made. Throws `SYSTEM_UNSUPPORTED` for a native form where there are no system calls for it. */
export function rulesFor(form: SnapshotForm, directory: string): SnapshotRules {
  return form.kind === "native" ? new NativeRules(form.overlayXattrPrefix, directory) : PORTABLE_RULES;
}

const PORTABLE_RULES: SnapshotRules = { special: () => {}, settle: () => {}, settleFile: () => {} };

class NativeRules implements SnapshotRules {
  readonly #opaqueAttribute: string;
  readonly #libc: Libc = libc();

  /** Who owns a file that this process makes below the directory; undefined where a group is handed down to it. */
  readonly #maker: Owner | undefined;

  constructor(prefix: OverlayXattrPrefix, directory: string) {
    this.#opaqueAttribute = `${prefix}opaque`;
    const maker = { uid: process.geteuid!(), gid: process.getegid!() };
    this.#maker = statSync(directory).gid === maker.gid ? maker : undefined;
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
    this.#withOwner(entry, () => lchownSync(fsPath(path), entry.uid, entry.gid));
    if (entry.type !== "symlink") chmodSync(fsPath(path), entry.mode);
    if (entry.xattrs) this.#setXattrs(path, entry.xattrs);
    if (entry.opaque) this.#libc.setXattr(path, this.#opaqueAttribute, Buffer.from("y"));
    const time = BigInt(entry.mtime) * 1_000_000_000n + BigInt(entry.mtimeNs);
    this.#libc.setTimes(path, time, time);
  }

  /** By descriptor, which spares the kernel a walk along the path for each. */
  settleFile(fd: number, path: string, entry: Entry): void {
    const isOwned = entry.uid === this.#maker?.uid && entry.gid === this.#maker.gid;
    if (!isOwned) this.#withOwner(entry, () => fchownSync(fd, entry.uid, entry.gid));
    fchmodSync(fd, entry.mode);
    if (entry.xattrs) this.#setXattrs(path, entry.xattrs);
    this.#libc.setOpenTimes(fd, entry.mtime, entry.mtimeNs);
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

  #withOwner({ uid, gid }: Owner, setOwner: () => void): void {
    try {
      setOwner();
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
