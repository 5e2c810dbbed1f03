import type { ContainerUser } from "../runtime/users.ts";
import type { FileFacts } from "./container-files.ts";
import type { Access } from "./contract.ts";

const BITS: Readonly<Record<Access, number>> = { read: 4, write: 2, execute: 1 };

/**
 * Whether modes let a user do something with a file (path_resolution(7)); lists of access control are not asked. `overrides`: user 0 is
 * stopped by no mode, but for executing a file that nobody may execute.
 */
export function permits(facts: FileFacts, user: ContainerUser, access: Access, overrides: boolean): boolean {
  const { mode } = facts;
  if (user.uid === 0 && overrides)
    return access !== "execute" || facts.type === "dir" || (mode & 0o111) !== 0;
  const isMember = facts.gid === user.gid || user.additionalGids.includes(facts.gid);
  const shift = facts.uid === user.uid ? 6 : isMember ? 3 : 0;
  return ((mode >> shift) & BITS[access]) !== 0;
}
