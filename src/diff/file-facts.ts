import type { Entry } from "../core/file-tree.ts";
import { CAPABILITY_XATTR, capabilityText, fileCapabilities } from "../layer/file-capabilities.ts";
import type { FileFacts, FileField } from "./image-diff.ts";

/** What is told of an entry of an image. */
export function factsOf(entry: Entry, mtime: boolean): FileFacts {
  const { uid, gid, size } = entry;
  const isDevice = entry.type === "char" || entry.type === "block";
  const capabilities = fileCapabilities(entry);
  const xattrs = otherXattrs(entry);
  return {
    type: entry.type as FileFacts["type"],
    mode: entry.mode.toString(8).padStart(4, "0"),
    uid,
    gid,
    size,
    ...(entry.digest === undefined ? {} : { digest: entry.digest }),
    ...(entry.linkTarget === undefined ? {} : { linkTarget: entry.linkTarget }),
    ...(isDevice ? { device: deviceOf(entry) } : {}),
    ...(capabilities ? { capabilities: capabilityText(capabilities) } : {}),
    ...(xattrs.length > 0
      ? {
          xattrs: Object.fromEntries(
            xattrs.map(([name, value]) => [name, Buffer.from(value).toString("hex")]),
          ),
        }
      : {}),
    ...(mtime ? { mtime: entry.mtime } : {}),
  };
}

/** What is different about two entries with the same path, in the order of `FILE_FIELDS`. Of things of different types only what all have is compared. */
export function fieldsThatDiffer(was: Entry, is: Entry, mtime: boolean): FileField[] {
  const fields: FileField[] = [];
  const isSameType = was.type === is.type;
  const isLink = was.type === "symlink" && isSameType;
  if (!isSameType) fields.push("type");
  // The kernel has no permissions of a link.
  if (was.mode !== is.mode && !isLink) fields.push("mode");
  if (was.uid !== is.uid || was.gid !== is.gid) fields.push("owner");
  if (isSameType) {
    if (was.size !== is.size || was.digest !== is.digest) fields.push("content");
    if (was.linkTarget !== is.linkTarget) fields.push("linkTarget");
    if (deviceOf(was) !== deviceOf(is)) fields.push("device");
  }
  if (was.xattrs || is.xattrs) {
    if (!isSameValue(was.xattrs?.[CAPABILITY_XATTR], is.xattrs?.[CAPABILITY_XATTR]))
      fields.push("capabilities");
    if (!haveSameXattrs(was, is)) fields.push("xattrs");
  }
  if (mtime && was.mtime !== is.mtime) fields.push("mtime");
  return fields;
}

function deviceOf({ devMajor = 0, devMinor = 0 }: Entry): string {
  return `${devMajor}:${devMinor}`;
}

function otherXattrs({ xattrs = {} }: Entry): (readonly [string, Uint8Array])[] {
  return Object.entries(xattrs).filter(([name]) => name !== CAPABILITY_XATTR);
}

function haveSameXattrs(was: Entry, is: Entry): boolean {
  const [old, now] = [new Map(otherXattrs(was)), new Map(otherXattrs(is))];
  return old.size === now.size && [...old].every(([name, value]) => isSameValue(value, now.get(name)));
}

function isSameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}
