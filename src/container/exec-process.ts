import { closeSync, fstatSync, readFileSync } from "node:fs";
import { systemErrorCode } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { hostTree } from "../execute/run/host-tree.ts";
import { resolvePath } from "../layer/resolve.ts";
import { type ContainerUser, resolveUser } from "../runtime/users.ts";
import { openBelow } from "../sys/open-below.ts";
import type { WindowSize } from "../sys/terminal.ts";

/** What a further process in a container has of its own; the rest is as for the container's first. */
export interface ExecOptions {
  readonly argv: readonly string[];
  /** `K=V` */
  readonly env?: readonly string[];
  readonly cwd?: string;
  /** Default: as the container's first process. */
  readonly user?: ContainerUser;
  readonly tty?: boolean;
  /** What its terminal has to begin with. */
  readonly windowSize?: WindowSize;
}

/** The member `process` of the container's specification, as far as it is changed here. */
export interface SpecProcess {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly terminal: boolean;
  readonly user: { readonly uid: number; readonly gid: number; readonly additionalGids?: readonly number[] };
  readonly capabilities?: object;
  readonly consoleSize?: { readonly height: number; readonly width: number };
}

/** The process to start, from the container's first one. Pure. */
export function execProcess(first: SpecProcess, options: ExecOptions): SpecProcess {
  const { argv, env = [], cwd = first.cwd, user, tty = false, windowSize: size } = options;
  const all = new Map(first.env.map((pair) => [pair.split("=", 1)[0]!, pair]));
  if (tty && !all.has("TERM")) all.set("TERM", "TERM=xterm");
  if (user) all.set("HOME", `HOME=${user.home}`);
  for (const pair of env) all.set(pair.split("=", 1)[0]!, pair);
  return {
    ...first,
    args: argv,
    env: [...all.values()],
    cwd,
    terminal: tty,
    ...(size ? { consoleSize: { height: size.rows, width: size.columns } } : {}),
    ...(user
      ? { user: { ...first.user, uid: user.uid, gid: user.gid, additionalGids: user.additionalGids } }
      : {}),
  };
}

/**
 * A user of a running container, by its own accounts as they are now (SPEC RN-06). Links are resolved inside its root. Throws
 * `USER_NOT_FOUND`.
 */
export function userInside(pid: number, user: string): ContainerUser {
  const root = `/proc/${pid}/root`;
  const [passwd, group] = [readInside(root, "etc/passwd"), readInside(root, "etc/group")];
  return resolveUser({ user, ...(passwd ? { passwd } : {}), ...(group ? { group } : {}) });
}

/** The container may put a link anywhere between finding the path and reading it: then there is no such file. */
function readInside(root: string, name: string): Uint8Array | undefined {
  const { path } = resolvePath(hostTree(root), name, { followLast: true });
  const fd = openIfThere(root, path);
  if (fd === undefined) return undefined;
  try {
    return fstatSync(fd).size > LIMITS.passwd ? undefined : readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function openIfThere(root: string, path: string): number | undefined {
  try {
    return openBelow(root, path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}
