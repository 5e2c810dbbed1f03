import { isDeepStrictEqual } from "node:util";
import type { Entry } from "../../core/file-tree.ts";

/**
 * Whether two entries are the same but for where they are: type, mode, owner, time, bytes, link target, device numbers and
 * extended attributes. The time of a directory does not count, as it does not where snapshots are compared. Files whose bytes have
 * not been read are never the same.
 */
export function isSameEntry(a: Entry, b: Entry): boolean {
  return (
    a.type === b.type &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    (a.type === "dir" || isSameTime(a, b)) &&
    isSameContent(a, b) &&
    isDeepStrictEqual(attributes(a), attributes(b))
  );
}

/** Archives have whole seconds: a fraction of zero says nothing. */
function isSameTime(a: Entry, b: Entry): boolean {
  return a.mtime === b.mtime && (a.mtimeNs === b.mtimeNs || a.mtimeNs === 0 || b.mtimeNs === 0);
}

function isSameContent(a: Entry, b: Entry): boolean {
  if (a.type === "file") return a.size === b.size && a.digest !== undefined && a.digest === b.digest;
  return a.linkTarget === b.linkTarget && a.devMajor === b.devMajor && a.devMinor === b.devMinor;
}

function attributes(entry: Entry): ReadonlyMap<string, string> {
  const all = Object.entries(entry.xattrs ?? {});
  return new Map(all.map(([name, value]) => [name, Buffer.from(value).toString("hex")]));
}
