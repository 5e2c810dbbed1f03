import { lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import { LIMITS } from "../core/limits.ts";
import { resolvePath } from "../layer/resolve.ts";
import { containerRoot } from "../snapshot/container-root.ts";

/** Something that will be mounted in a container. */
export interface ForeseenMount {
  /** Absolute, as it was given. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly from:
    | { readonly kind: "host"; readonly path: string }
    /** A new volume, which gets what the image has at its place. */
    | { readonly kind: "image" }
    /** A folder with nothing in it. */
    | { readonly kind: "empty"; readonly mode: number; readonly uid: number; readonly gid: number };
}

export interface FileFacts {
  readonly type: "file" | "dir" | "symlink" | "socket" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly linkTarget?: string;
}

export type FoundFile =
  | {
      readonly kind: "found";
      readonly facts: FileFacts;
      /** The path itself is a symbolic link, and `facts` are what it leads to. */
      readonly isLink: boolean;
      /** Directories on the way, which its user must be able to search. */
      readonly ways: readonly FileFacts[];
      readonly mount: ForeseenMount | undefined;
    }
  | { readonly kind: "missing"; readonly isLink: boolean }
  /** It is made when the container starts, or nobody here may look at it. */
  | { readonly kind: "unknown"; readonly why: string };

/** Filled by the runtime. */
const MADE_AT_START = /^\/(proc|sys|dev)(\/|$)/;
const WRITTEN_AT_START: ReadonlySet<string> = new Set(["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]);

/**
 * The files of a container before there is one: those of its image, with mounts in their places. Links are followed as the container's
 * kernel would follow them, from mount to mount and never out of the container.
 */
export class ContainerFiles {
  readonly #tree: FileTree;
  readonly #mounts: readonly (ForeseenMount & { readonly at: string })[];

  constructor(tree: FileTree, mounts: readonly ForeseenMount[]) {
    this.#tree = tree;
    this.#mounts = mounts.map((mount) => ({ ...mount, at: `/${resolvedTarget(tree, mount.target)}` }));
  }

  find(path: string): FoundFile {
    const todo = path.split("/").reverse();
    const ways: FileFacts[] = [];
    let at = "/";
    let facts = this.#look(at);
    let isLink = false;
    for (let links = 0; todo.length > 0; ) {
      const name = todo.pop()!;
      if (name === "" || name === ".") continue;
      if (facts === "unreadable") return { kind: "unknown", why: `${at} cannot be looked at from outside` };
      if (!facts) return { kind: "missing", isLink };
      ways.push(facts);
      const parent = at;
      at = name === ".." ? join(at, "..") : join(at, name);
      if (MADE_AT_START.test(at))
        return { kind: "unknown", why: `${at} is filled when the container starts` };
      facts = facts.type === "dir" ? this.#look(at) : undefined;
      if (typeof facts !== "object" || facts.type !== "symlink") continue;
      if (++links > LIMITS.symlinks) return { kind: "missing", isLink: true };
      if (todo.every((rest) => rest === "")) isLink = true;
      const target = facts.linkTarget ?? "";
      at = target.startsWith("/") ? "/" : parent;
      facts = this.#look(at);
      for (const part of target.split("/").reverse()) todo.push(part);
    }
    if (facts === "unreadable") return { kind: "unknown", why: `${at} cannot be looked at from outside` };
    return facts
      ? { kind: "found", facts, isLink, ways, mount: this.#mountOf(at) }
      : { kind: "missing", isLink };
  }

  /** What is mounted at a path, or above it; links on the way count. */
  mountAt(path: string): ForeseenMount | undefined {
    const found = this.find(path);
    if (found.kind === "found") return found.mount;
    return this.#mountOf(`/${resolvedTarget(this.#tree, path)}`);
  }

  /** The last of several counts. */
  #mountOf(at: string): (ForeseenMount & { readonly at: string }) | undefined {
    const around = this.#mounts.filter((mount) =>
      `${at}/`.startsWith(mount.at === "/" ? "/" : `${mount.at}/`),
    );
    return around.reduce<(typeof around)[number] | undefined>(
      (deepest, mount) => (deepest && deepest.at.length > mount.at.length ? deepest : mount),
      undefined,
    );
  }

  #look(at: string): FileFacts | "unreadable" | undefined {
    const mount = this.#mountOf(at);
    if (mount?.from.kind === "host") return lookOutside(mount.from.path, at.slice(mount.at.length));
    if (mount?.from.kind === "empty")
      return at === mount.at ? { ...folder(0), ...ownersOf(mount.from) } : undefined;
    const entry = at === "/" ? containerRoot(this.#tree) : this.#tree.lookup(at.slice(1));
    if (entry) return factsOf(entry);
    if (WRITTEN_AT_START.has(at)) return { type: "file", mode: 0o644, uid: 0, gid: 0, size: 1 };
    // Places of mounts, and the way to them, are made where the image has none.
    const isWay = this.#mounts.some((other) => `${other.at}/`.startsWith(`${at === "/" ? "" : at}/`));
    return isWay || at === "/" || at === "/etc" ? folder(0o755) : undefined;
  }
}

function ownersOf({ mode, uid, gid }: Extract<ForeseenMount["from"], { kind: "empty" }>) {
  return { mode, uid, gid };
}

function folder(mode: number): FileFacts {
  return { type: "dir", mode, uid: 0, gid: 0, size: 0 };
}

/** A file of this machine. A source that is missing is made as a folder when the container starts. */
function lookOutside(source: string, below: string): FileFacts | "unreadable" | undefined {
  const path = fsPath(below === "" ? source : join(source, below));
  try {
    // A link that is named as a source is followed here, outside.
    const stats = below === "" ? statSync(path) : lstatSync(path);
    return {
      type: typeOf(stats),
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
      size: stats.size,
      ...(stats.isSymbolicLink() ? { linkTarget: readlinkSync(path, "utf8") } : {}),
    };
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (code === "EACCES" || code === "EPERM") return "unreadable";
    if (code === "ENOENT" || code === "ENOTDIR") return below === "" ? folder(0o755) : undefined;
    throw error;
  }
}

function typeOf(stats: Stats): FileFacts["type"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "dir";
  if (stats.isSymbolicLink()) return "symlink";
  return stats.isSocket() ? "socket" : "other";
}

function factsOf({ type, mode, uid, gid, size, linkTarget }: Entry): FileFacts {
  const known = type === "file" || type === "dir" || type === "symlink" ? type : "other";
  return { type: known, mode, uid, gid, size, ...(linkTarget === undefined ? {} : { linkTarget }) };
}

function resolvedTarget(tree: FileTree, target: string): string {
  return resolvePath(tree, target, { followLast: true }).path;
}
