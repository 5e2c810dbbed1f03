import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../scripts/programs.mjs";
import { ForeignPrograms } from "../../src/runtime/emulation/foreign-programs.ts";
import { cachedFile } from "./cached-file.ts";
import { makeFolder, writeTree } from "./folders.ts";
import { DEBIAN_SUITE, mirrorOf } from "./root-filesystems.ts";
import { type CommandOptions, type CommandResult, requireTool, runOrFail } from "./tools.ts";

const RECIPE = "1";

/** A root filesystem with a static BusyBox for arm64, as files to copy into a context. The first call needs a package mirror. */
export async function writeArm64Rootfs(folder: string): Promise<void> {
  const archive = await cachedFile(`busybox-arm64-${RECIPE}.tar`, async (file) => {
    const mirror = await mirrorOf(DEBIAN_SUITE);
    // Nothing is run: packages are unpacked only.
    const how = ["--quiet", "--variant=extract", "--architectures=arm64", "--include=busybox-static"];
    const args = [...how, "--format=tar", DEBIAN_SUITE, file, ...(mirror ? [mirror] : [])];
    await runOrFail(requireTool("mmdebstrap"), args, { env: { PATH: process.env.PATH ?? "" } });
  });
  const { path: unpacked, remove } = makeFolder();
  try {
    await runOrFail("tar", ["-xf", archive, "-C", unpacked, "./bin/busybox"]);
    for (const name of ["bin", "etc", "tmp", "dev", "proc", "sys"])
      mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(join(unpacked, "bin/busybox"), join(folder, "bin/busybox"));
  } finally {
    remove();
  }
  // The same version has the same programs.
  for (const name of (await runOrFail(requireTool("busybox"), ["--list"])).split("\n"))
    if (name && name !== "busybox") symlinkSync("busybox", join(folder, "bin", name));
  writeTree(folder, { "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n" });
}

/** Runs a command where programs for arm64 run. */
export type RunEmulated = (argv: readonly string[], options: CommandOptions) => Promise<CommandResult>;

/** How commands can be run so that programs for arm64 run in them, or why they cannot. */
export async function arm64Emulation(): Promise<{ readonly run: RunEmulated } | { readonly reason: string }> {
  if (!findProgram("qemu-aarch64-static")) return { reason: "qemu-user-static is not installed" };
  if (process.getuid?.() !== 0) return { reason: "an emulator can be registered by root only" };
  const registration = "/usr/lib/binfmt.d/qemu-aarch64.conf";
  if (!existsSync(registration)) return { reason: `there is no ${registration}` };
  const line = readFileSync(registration, "latin1").trim();
  const run: RunEmulated = (argv, options) => runInNamespace(argv, { ...options, line });
  const probe = await run(["true"], {});
  return probe.exitCode === 0
    ? { run }
    : { reason: `the kernel has no binfmt_misc of its own for user namespaces: ${probe.stderr.trim()}` };
}

/**
 * A user namespace has a list of emulators of its own (Linux 6.7), so that nothing of the machine is changed, and no other test sees
 * it. Ids are mapped to themselves: the command goes on as before.
 */
function runInNamespace(
  argv: readonly string[],
  options: CommandOptions & { readonly line: string },
): Promise<CommandResult> {
  const handlers = "/proc/sys/fs/binfmt_misc";
  const script = [
    "read -r go",
    `mount -t binfmt_misc binfmt_misc ${handlers} || exit 90`,
    `printf %s "$1" > ${handlers}/register || exit 91`,
    'shift; exec "$@" < /dev/null',
  ].join("\n");
  const args = ["--user", "--mount", "sh", "-c", script, "sh", options.line, ...argv];
  const child = spawn("unshare", args, {
    cwd: options.cwd,
    env: options.env ?? { PATH: process.env.PATH ?? "" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  mapIdentity(child.pid!);
  child.stdin.end("go\n");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({
        exitCode: code ?? 1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
  });
}

/** The namespace exists once the process has entered it. */
function mapIdentity(pid: number): void {
  const own = readlinkSync("/proc/self/ns/user");
  while (namespaceOf(pid) === own);
  for (const kind of ["uid", "gid"]) writeFileSync(`/proc/${pid}/${kind}_map`, "0 0 65536");
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return undefined;
  }
}

/** Architectures, others than our own, whose programs do not run on this machine. */
export async function unrunnableArchitectures(folder: string): Promise<readonly string[]> {
  const programs = new ForeignPrograms({ path: process.env.PATH ?? "", folder: () => folder });
  const running = new Set(await programs.all());
  const all = ["loong64", "mips64le", "s390x", "ppc64le", "riscv64", "arm64", "amd64"];
  return all.filter(
    (name) => !running.has(name) && name !== (process.arch === "x64" ? "amd64" : process.arch),
  );
}
