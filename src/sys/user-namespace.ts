import { readFileSync } from "node:fs";
import { findTool } from "./find-tool.ts";
import { runProcess, toolPath } from "./process.ts";

export interface UserNamespaceQuery {
  readonly uid: number;
  /** A PATH value. */
  readonly path: string;
}

export interface UserNamespaceSupport {
  readonly available: boolean;
  /** What is missing, in words. Present where `available` is false. */
  readonly reason?: string;
}

/** Whether `enterArgv` can work for a user, as far as files tell: the tools, the subordinate ids, the kernel's switches. */
export function describeUserNamespace({ uid, path }: UserNamespaceQuery): UserNamespaceSupport {
  if (process.platform !== "linux")
    return { available: false, reason: "user namespaces are a feature of Linux" };
  const reason = missingTool(path) ?? missingIds(uid) ?? kernelRefusal();
  return reason === undefined ? { available: true } : { available: false, reason };
}

/**
 * Why the kernel makes no user namespace for this process, tried by making one; undefined where it does. What files tell is not all:
 * a chroot (unshare(2), EPERM) or a security module may refuse, and `enterArgv` then waits for ever.
 */
export async function refusedUserNamespace(path: string): Promise<string | undefined> {
  // Without a mapping nothing has to be waited for.
  const { exitCode, stderr } = await runProcess(["unshare", "--user", "true"], {
    env: { PATH: toolPath(path) },
    timeoutMs: 5000,
  });
  if (exitCode === 0) return undefined;
  const [line = ""] = stderr.toString("utf8").trim().split("\n");
  return `the kernel makes none here (${line || `exit code ${exitCode}`}); inside a chroot it never does`;
}

/**
 * The command line that runs `argv` as root of a new user namespace with all of the caller's subordinate ids mapped
 * (unshare(1), util-linux 2.38). It ends with the process that started it, even where that is killed.
 */
export function enterArgv(argv: readonly string[]): string[] {
  return ["setpriv", "--pdeathsig", "KILL", ...outlivingArgv(argv)];
}

/** The same for what goes on when the process that started it has ended. */
export function outlivingArgv(argv: readonly string[]): string[] {
  return ["unshare", "--user", "--map-root-user", "--map-auto", "--", ...argv];
}

/** The command line that runs `argv` as root of the user namespace of another process, whose owner the caller is (nsenter(1)). */
export function joinArgv(process: number, argv: readonly string[]): string[] {
  return ["nsenter", "--user", "--target", String(process), "--", ...argv];
}

/** The same for what ends with the process that started it. */
export function joinPassingArgv(process: number, argv: readonly string[]): string[] {
  return ["setpriv", "--pdeathsig", "KILL", ...joinArgv(process, argv)];
}

function missingTool(path: string): string | undefined {
  for (const tool of ["unshare", "setpriv"])
    if (!findTool(tool, path)) return `${tool} is not installed (package util-linux, 2.38 or newer)`;
  for (const tool of ["newuidmap", "newgidmap"])
    if (!findTool(tool, path))
      return `${tool} is not installed (package uidmap, in some distributions shadow)`;
  return undefined;
}

function missingIds(uid: number): string | undefined {
  const names = [String(uid), ...accountNames(uid)];
  for (const file of ["/etc/subuid", "/etc/subgid"]) {
    if (subordinateIds(file, names) > 0) continue;
    const user = names.at(-1);
    return `user ${user} has no range in ${file} (root can add one: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user})`;
  }
  return undefined;
}

function kernelRefusal(): string | undefined {
  for (const name of ["user.max_user_namespaces", "kernel.unprivileged_userns_clone"])
    if (readText(`/proc/sys/${name.replace(".", "/")}`).trim() === "0")
      return `user namespaces are switched off: sysctl ${name} is 0`;
  return undefined;
}

function accountNames(uid: number): readonly string[] {
  const rows = readText("/etc/passwd")
    .split("\n")
    .map((line) => line.split(":"));
  return rows.filter((fields) => fields[2] === String(uid)).map((fields) => fields[0]!);
}

/** How many ids the ranges of these names hold (subuid(5): `name-or-uid:first:count`). */
function subordinateIds(file: string, names: readonly string[]): number {
  let sum = 0;
  for (const line of readText(file).split("\n")) {
    const [name = "", , count] = line.split(":");
    if (names.includes(name)) sum += Number(count) || 0;
  }
  return sum;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
