import { readFileSync } from "node:fs";
import type { SnapshotForm } from "../layer/snapshot-form.ts";
import { NAMESPACE_ROOT, type Privilege, REAL_ROOT } from "../runtime/request.ts";

/** How this process may write files: as root, as root of a user namespace, or as nobody in particular. */
export interface FilePrivilege {
  readonly kind: "root" | "namespace-root" | "user";
  readonly form: SnapshotForm;
}

/**
 * Finds out what this process is. `user` writes portable snapshots: owners are in the table of contents only, so that a
 * build without RUN works anywhere (DESIGN decisions 7, 15).
 */
export function filePrivilege(uid: number): FilePrivilege {
  if (uid !== 0) return { kind: "user", form: { kind: "portable" } };
  return isInitialUserNamespace()
    ? { kind: "root", form: { kind: "native", overlayXattrPrefix: "trusted.overlay." } }
    : { kind: "namespace-root", form: { kind: "native", overlayXattrPrefix: "user.overlay." } };
}

/** user_namespaces(7): the initial namespace maps every id to itself. Without /proc there are no namespaces to be in. */
function isInitialUserNamespace(): boolean {
  try {
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  } catch {
    return true;
  }
}

/** The same, as the runtime wants it. */
export function runtimePrivilege(privilege: FilePrivilege): Privilege {
  return privilege.kind === "namespace-root" ? NAMESPACE_ROOT : REAL_ROOT;
}
