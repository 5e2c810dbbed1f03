import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { findTool } from "./find-tool.ts";

/** Whether an ordinary user can become root of a user namespace with a range of ids. */
export interface UserNamespaceSupport {
  readonly available: boolean;
  /** What is missing, where something is. */
  readonly reason?: string;
}

/** Looks at tools, subordinate ids and kernel settings; nothing is started. */
export function describeUserNamespace({
  uid,
  path,
}: {
  readonly uid: number;
  readonly path: string;
}): UserNamespaceSupport {
  if (process.platform !== "linux") return missing("user namespaces are a feature of Linux");
  for (const tool of ["unshare", "newuidmap", "newgidmap"])
    if (!findTool(tool, path))
      return missing(`${tool} is not installed (Debian packages util-linux and uidmap)`);
  for (const file of ["/etc/subuid", "/etc/subgid"])
    if (!hasRange(file, uid))
      return missing(
        `${file} has no range for this user (root can add one with usermod --add-subuids 100000-165535 --add-subgids 100000-165535)`,
      );
  if (readNumber("/proc/sys/user/max_user_namespaces") === 0)
    return missing("the kernel allows no user namespaces (user.max_user_namespaces is 0)");
  if (readNumber("/proc/sys/kernel/unprivileged_userns_clone") === 0)
    return missing("ordinary users may not make user namespaces (kernel.unprivileged_userns_clone is 0)");
  return { available: true };
}

/** The command line that runs `argv` as root of a new user namespace: our own id is 0, the subordinate ids follow (util-linux 2.38). */
export function enterArgv(argv: readonly string[]): string[] {
  return ["unshare", "--user", "--map-root-user", "--map-auto", "--", ...argv];
}

function hasRange(file: string, uid: number): boolean {
  const names = new Set([String(uid), userName()]);
  return readText(file)
    .split("\n")
    .some((line) => {
      const [name = "", , count] = line.trim().split(":");
      return names.has(name) && Number(count) > 0;
    });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

function readNumber(path: string): number | undefined {
  const text = readText(path).trim();
  return text === "" ? undefined : Number(text);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function missing(reason: string): UserNamespaceSupport {
  return { available: false, reason };
}
