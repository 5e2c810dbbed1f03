import type { Entry } from "../core/file-tree.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import { isPrivileged } from "./privileges.ts";

/** What hardening has to know of the files that a container sees. */
export interface Survey {
  /** Files that lend rights. */
  readonly privileged: readonly Entry[];
  /** Files and links in the folders for programs. */
  readonly programs: readonly Entry[];
  /** Owners of files: an id that one of them has is not free. */
  readonly ids: ReadonlySet<number>;
}

const PROGRAM = /^(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/;

/** Looks at every file once. */
export function surveyOf(tree: ChainTree): Survey {
  const privileged: Entry[] = [];
  const programs: Entry[] = [];
  const ids = new Set<number>();
  for (const entry of tree.walk("")) {
    ids.add(entry.uid).add(entry.gid);
    if (isPrivileged(entry)) privileged.push(entry);
    if ((entry.type === "file" || entry.type === "symlink") && PROGRAM.test(entry.path)) programs.push(entry);
  }
  return { privileged, programs, ids };
}
