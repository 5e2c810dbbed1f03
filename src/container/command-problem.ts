import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isSlipwayError, systemErrorCode } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import { hostPlatform } from "../core/platform.ts";
import { resolvePath } from "../layer/resolve.ts";
import { machineOfProgram } from "../runtime/emulation/machines.ts";
import type { ContainerUser } from "../runtime/users.ts";
import { argumentsTooLong } from "./argument-size.ts";
import { programKind } from "./program-head.ts";

/** Why a command cannot be executed (126) or found (127; SPEC DR-03), in one line. */
export interface CommandProblem {
  readonly exitCode: 126 | 127;
  readonly failure: string;
}

export interface CommandQuestion {
  /** The files that the process will see. */
  readonly tree: FileTree;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  /** Bytes that its stack may have. */
  readonly stack: number;
  /** What is below these paths is not the tree's. */
  readonly mounts: readonly string[];
  /** Undefined where the owners in the tree are not those that the process sees. */
  readonly user?: Pick<ContainerUser, "uid" | "gid" | "additionalGids">;
  /** The first bytes of a regular file of the tree; undefined where nobody here may read it. */
  readonly head: (path: string) => Promise<Buffer | undefined>;
}

/** Interpreters may be scripts themselves; the kernel goes on for as long as this. */
const MOST_INTERPRETERS = 4;

/**
 * Tells before a process is started why it cannot be: runtimes say it in words of their own, or in their log's format among the
 * container's output. Undefined where nothing is known to be wrong; whatever cannot be told from outside is left to the runtime.
 */
export async function commandProblem(question: CommandQuestion): Promise<CommandProblem | undefined> {
  const name = question.argv[0] ?? "";
  const tooLong = argumentsTooLong(question);
  if (tooLong !== undefined) return cannot(name, tooLong);
  try {
    const program = findProgram(question, name);
    if (program === undefined || "exitCode" in program) return program;
    return await headProblem(question, { name, path: program.path, depth: 0 });
  } catch (error) {
    // Files that only the container's own user namespace may look at.
    if (["EACCES", "EPERM"].includes(systemErrorCode(error) ?? "") || isSlipwayError(error, "SYMLINK_LOOP"))
      return undefined;
    throw error;
  }
}

function cannot(name: string, why: string): CommandProblem {
  return { exitCode: 126, failure: `cannot execute ${quoted(name)}: ${why}` };
}

function missing(name: string, why: string): CommandProblem {
  return { exitCode: 127, failure: `cannot execute ${quoted(name)}: ${why}` };
}

function quoted(name: string): string {
  const text = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return `"${printableName(text)}"`;
}

interface FoundProgram {
  /** In the tree. */
  readonly path: string;
}

/** A path is taken as it is; another name is looked up in PATH, where what is no program is passed over (execvp(3)). */
function findProgram(question: CommandQuestion, name: string): FoundProgram | CommandProblem | undefined {
  if (name.includes("/")) return programAt(question, name, name);
  const search = question.env.findLast((pair) => pair.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  for (const folder of name === "" ? [] : search.split(":")) {
    const found = programAt(question, name, join(folder === "" ? "." : folder, name));
    if (found === undefined || "path" in found) return found;
  }
  return missing(name, "executable file not found in $PATH");
}

function programAt(
  question: CommandQuestion,
  name: string,
  place: string,
): FoundProgram | CommandProblem | undefined {
  const { tree, cwd, mounts, user } = question;
  const { path, entry } = resolvePath(tree, place.startsWith("/") ? place : join(cwd, place), {
    followLast: true,
  });
  if (mounts.some((mount) => `/${path}/`.startsWith(`${mount}/`))) return undefined;
  if (!entry) return missing(name, "no such file or directory");
  if (entry.type === "dir") return cannot(name, "it is a directory");
  if (entry.type !== "file") return cannot(name, "it is no regular file");
  return isExecutable(entry, user) ? { path } : cannot(name, "permission denied: it is not executable");
}

/** By its mode; a list of access control may allow more. */
function isExecutable({ mode, uid, gid, xattrs }: Entry, user: CommandQuestion["user"]): boolean {
  if ((mode & 0o111) === 0) return false;
  if (!user || user.uid === 0 || xattrs?.["system.posix_acl_access"]) return true;
  const isMember = gid === user.gid || user.additionalGids.includes(gid);
  return ((mode >> (uid === user.uid ? 6 : isMember ? 3 : 0)) & 1) === 1;
}

interface Step extends FoundProgram {
  /** Of the command. */
  readonly name: string;
  readonly depth: number;
}

async function headProblem(
  question: CommandQuestion,
  { name, path, depth }: Step,
): Promise<CommandProblem | undefined> {
  const head = depth > MOST_INTERPRETERS ? undefined : await question.head(path);
  if (!head) return undefined;
  const program = programKind(head);
  switch (program.kind) {
    case "other":
      if (otherFormats()) return undefined;
      return cannot(name, "exec format error: it is neither a program nor a script that begins with #!");
    case "elf": {
      const foreign = foreignMachine(head);
      if (foreign !== undefined) return cannot(name, `exec format error: it is a program for ${foreign}`);
      if (program.interpreter === undefined) return undefined;
      return neededProblem(question, name, { what: "loader", path: program.interpreter });
    }
    case "script": {
      const needed = { what: "interpreter", path: program.interpreter };
      const problem = neededProblem(question, name, needed);
      if (problem) return problem;
      const next = programAt(question, name, program.interpreter);
      return next && "path" in next
        ? headProblem(question, { name, path: next.path, depth: depth + 1 })
        : undefined;
    }
    default:
      return program satisfies never;
  }
}

function neededProblem(
  question: CommandQuestion,
  name: string,
  needed: { readonly what: string; readonly path: string },
): CommandProblem | undefined {
  const found = programAt(question, needed.path, needed.path);
  if (found === undefined || "path" in found) return undefined;
  const why = found.failure.slice(found.failure.indexOf('": ') + 3);
  return {
    ...found,
    failure: `cannot execute ${quoted(name)}: its ${needed.what} ${quoted(needed.path)}: ${why}`,
  };
}

const HANDLERS = "/proc/sys/fs/binfmt_misc";
const ELF_MAGIC = /^magic 7f454c46/m;

/** Whether the kernel has been told of programs that are neither ELF nor scripts (kernel documentation, binfmt-misc). */
function otherFormats(): boolean {
  return handlers().some((handler) => !ELF_MAGIC.test(handler));
}

/** The processor of a program that surely does not run here: the kernel knows of no emulator at all. */
function foreignMachine(head: Buffer): string | undefined {
  const { architecture } = hostPlatform();
  const machine = machineOfProgram(head);
  if (!machine || machine.architecture === architecture || handlers().length > 0) return undefined;
  // 64-bit kernels run 32-bit programs of their own kind.
  const younger: Readonly<Record<string, string>> = { amd64: "386", arm64: "arm" };
  return younger[architecture] === machine.architecture ? undefined : machine.architecture;
}

function handlers(): readonly string[] {
  try {
    const names = readdirSync(HANDLERS).filter((name) => name !== "register" && name !== "status");
    return names.map((name) => readFileSync(join(HANDLERS, name), "latin1"));
  } catch {
    return [];
  }
}
