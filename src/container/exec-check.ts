import { closeSync, readSync } from "node:fs";
import { isSlipwayError, systemErrorCode } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { FileTree } from "../core/file-tree.ts";
import { hostTree } from "../execute/run/host-tree.ts";
import { resolvePath } from "../layer/resolve.ts";
import type { ContainerUser } from "../runtime/users.ts";
import { openBelow } from "../sys/open-below.ts";
import { stackBytes } from "./argument-size.ts";
import { type CommandProblem, commandProblem } from "./command-problem.ts";
import { HEAD_BYTES } from "./program-head.ts";

export interface ExecQuestion {
  /** A process of the container. */
  readonly pid: number;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  /** See `CommandQuestion`. */
  readonly user?: Pick<ContainerUser, "uid" | "gid" | "additionalGids">;
}

/**
 * Why a further process cannot be started in a container that runs: its files are looked at as that container sees them, mounts included,
 * and no link leads out of it. Undefined where nothing is known to be wrong.
 */
export async function execProblem({ pid, ...process }: ExecQuestion): Promise<CommandProblem | undefined> {
  // The slash at the end leads through the link that it is.
  const root = `/proc/${pid}/root/`;
  const tree = hostTree(root);
  // Nobody here may look, or it has just ended.
  if (!tree.lookup("")) return undefined;
  const head = async (path: string) => headBelow(root, path);
  return (
    folderProblem(tree, process.cwd) ??
    commandProblem({ tree, ...process, stack: stackBytes([]), mounts: [], head })
  );
}

function folderProblem(tree: FileTree, cwd: string): CommandProblem | undefined {
  try {
    const { entry } = resolvePath(tree, cwd, { followLast: true });
    if (entry?.type === "dir") return undefined;
    const why = entry ? "it is not a directory" : "no such file or directory";
    return { exitCode: 127, failure: `cannot use the working directory "${printableName(cwd)}": ${why}` };
  } catch (error) {
    if (["EACCES", "EPERM"].includes(systemErrorCode(error) ?? "") || isSlipwayError(error, "SYMLINK_LOOP"))
      return undefined;
    throw error;
  }
}

/** The container may put a link anywhere between finding the path and reading it: then nothing is known of it. */
function headBelow(root: string, path: string): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openBelow(root, path);
    if (file === undefined) return undefined;
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(file, head, 0, head.length, 0));
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM"].includes(systemErrorCode(error) ?? ""))
      return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
