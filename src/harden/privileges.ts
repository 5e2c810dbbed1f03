import type { Entry } from "../core/file-tree.ts";
import { CAPABILITY_XATTR, capabilityText, fileCapabilities } from "../layer/file-capabilities.ts";
import { isSetgidFile, isSetuidFile, SETGID, SETUID } from "../layer/special-mode.ts";

/** Whether a file lends rights to whoever starts it. Of directories the set-group-ID bit hands down a group and lends nothing. */
export function isPrivileged(entry: Entry): boolean {
  if (entry.type !== "file") return false;
  return isSetuidFile(entry) || isSetgidFile(entry) || entry.xattrs?.[CAPABILITY_XATTR] !== undefined;
}

/** The file without its set-user-ID and set-group-ID bits and its capabilities; bytes, owner and times stay (find(1) `-perm /6000` finds it no more). */
export function withoutPrivileges(entry: Entry): Entry {
  if (!isPrivileged(entry)) return entry;
  const { xattrs, ...rest } = entry;
  const others = Object.entries(xattrs ?? {}).filter(([name]) => name !== CAPABILITY_XATTR);
  return {
    ...rest,
    mode: entry.mode & ~(SETUID | SETGID),
    ...(others.length > 0 ? { xattrs: Object.fromEntries(others) } : {}),
  };
}

/** What a file lends: `setuid, setgid, cap_net_raw=ep`. */
export function privilegeText(entry: Entry): string {
  const capabilities = fileCapabilities(entry);
  return [
    ...(isSetuidFile(entry) ? ["setuid"] : []),
    ...(isSetgidFile(entry) ? ["setgid"] : []),
    ...(capabilities ? [capabilityText(capabilities)] : []),
  ].join(", ");
}

/** What the names of one file in one layer have in common. */
export function inodeOf({ path, hardLink }: Entry): string {
  return hardLink ?? path;
}
