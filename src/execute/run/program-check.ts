import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { isSlipwayError, SlipwayError } from "../../core/errors.ts";
import { fsPath } from "../../core/file-name.ts";
import { formatPlatform, hostPlatform, type Platform } from "../../core/platform.ts";
import { resolvePath } from "../../layer/resolve.ts";
import { emulationAdvice } from "../../runtime/emulation/foreign-programs.ts";
import { type Machine, machineOfProgram } from "../../runtime/emulation/machines.ts";
import type { SourceTree } from "../source-tree.ts";

export interface ProgramRequest {
  readonly tree: SourceTree;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  /** What is below these paths is not the tree's. */
  readonly mounts: readonly string[];
  readonly canRun: (platform: Platform) => Promise<boolean>;
}

/**
 * Refuses to start a program of an image that is for a processor whose programs do not run here: the kernel would only say "exec
 * format error". What is not found, or is no program, is left to the runtime. Throws `EMULATION_UNAVAILABLE`.
 */
export async function checkProgram(request: ProgramRequest): Promise<void> {
  const name = request.argv[0] ?? "";
  const machine = await machineOfCommand(request, name);
  const host = hostPlatform();
  if (!machine || machine.architecture === host.architecture) return;
  const platform: Platform = { os: "linux", architecture: machine.architecture };
  if (await request.canRun(platform)) return;
  throw new SlipwayError(
    "EMULATION_UNAVAILABLE",
    `${name} is a program for ${formatPlatform(platform)}, which this machine (${formatPlatform(host)}) cannot run`,
    { hint: emulationAdvice(machine.architecture), facts: { architecture: machine.architecture } },
  );
}

/** Interpreters may be scripts themselves; the kernel goes on for as long as this. */
const MOST_INTERPRETERS = 4;
/** The kernel reads no more of a script's first line. */
const HEAD = 256;

async function machineOfCommand(request: ProgramRequest, name: string): Promise<Machine | undefined> {
  let next: string | undefined = name;
  for (let i = 0; i <= MOST_INTERPRETERS && next !== undefined; i++) {
    const path = programPath(request, next);
    if (path === undefined) return undefined;
    await request.tree.prepare([path]);
    const head = headOf(request.tree.locate(path));
    const machine = machineOfProgram(head);
    if (machine) return machine;
    next = /^#![ \t]*(\/[^ \t\n\0]+)/.exec(head.toString("latin1"))?.[1];
  }
  return undefined;
}

/** The regular file that a name stands for: a path, or a name that is looked up in PATH. */
function programPath(request: ProgramRequest, name: string): string | undefined {
  const { env, cwd, mounts } = request;
  const search = env.findLast((pair) => pair.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  const folders = name.includes("/") ? [name.startsWith("/") ? "/" : cwd] : search.split(":");
  for (const folder of folders) {
    const path = regularFile(request, join("/", folder, name));
    if (path === undefined) continue;
    return mounts.some((mount) => `/${path}/`.startsWith(`${mount}/`)) ? undefined : path;
  }
  return undefined;
}

function regularFile({ tree }: ProgramRequest, place: string): string | undefined {
  try {
    const { path, entry } = resolvePath(tree, place, { followLast: true });
    return entry?.type === "file" ? path : undefined;
  } catch (error) {
    if (isSlipwayError(error, "SYMLINK_LOOP")) return undefined;
    throw error;
  }
}

function headOf(path: string): Buffer {
  const head = Buffer.alloc(HEAD);
  const file = openSync(fsPath(path), "r");
  try {
    return head.subarray(0, readSync(file, head, 0, head.length, 0));
  } finally {
    closeSync(file);
  }
}
