import { createHash } from "node:crypto";
import type { Entry } from "../core/file-tree.ts";

/**
 * Content identity of one entry: type, mode, owner, bytes, link target, device and file capabilities; times do not count
 * (SPEC CK-05). A file must have its digest.
 */
export function contentIdentity(entry: Entry): string {
  const capability = entry.xattrs?.["security.capability"];
  const parts = [
    entry.type[0]!,
    entry.mode.toString(8),
    `${entry.uid}:${entry.gid}`,
    entry.type === "file" ? (entry.digest ?? missingDigest(entry)).slice(7) : "",
    entry.linkTarget === undefined ? "" : JSON.stringify(entry.linkTarget),
    entry.type === "char" || entry.type === "block" ? `${entry.devMajor}:${entry.devMinor}` : "",
    capability ? createHash("sha256").update(capability).digest("hex") : "",
  ];
  return parts.join(" ").trimEnd();
}

function missingDigest(entry: Entry): never {
  throw new TypeError(
    `the content of ${JSON.stringify(entry.path)} was not read before its identity was asked for`,
  );
}
