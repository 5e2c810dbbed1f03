import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { cacheFolder, exclusively } from "./cached-file.ts";
import { makeFolder } from "./made-folder.ts";
import { PROJECT_ROOT } from "./source-tree.ts";
import { requireTool, runCommand, runOrFail } from "./tools.ts";

const NAME = "slipway-test";

/** An ordinary user that a test runs commands as. */
export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** A new empty home folder that belongs to the user. */
  readonly home: string;
  /** Node and the command, where this user can read them. */
  readonly node: string;
  readonly cli: string;
  /** What to put before a command line to run it as this user; empty where the tests already do. */
  readonly prefix: readonly string[];
  readonly remove: () => void;
}

/** An unprivileged user with subordinate ids: the caller itself, or, where that is root, an account made on first use. */
export async function asUser(): Promise<TestUser> {
  requireTool("newuidmap");
  const { path, remove } = makeFolder();
  chmodSync(path, 0o755);
  const home = join(path, "home");
  mkdirSync(home, { mode: 0o700 });
  if (process.getuid?.() !== 0) return caller(home, remove);
  // useradd and usermod fail where another process has the files of accounts.
  const account = await exclusively(join(cacheFolder(), "account.lock"), ensureAccount);
  chownSync(home, account.uid, account.gid);
  const prefix = [
    requireTool("setpriv"),
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    "--clear-groups",
    "--inh-caps=-all",
  ];
  const installed = await readableInstallation(prefix, join(path, "installed"));
  return { name: NAME, ...account, home, prefix, remove, ...installed };
}

function caller(home: string, remove: () => void): TestUser {
  const uid = process.getuid!();
  const name = process.env.USER ?? String(uid);
  if (!hasSubordinateIds(name) && !hasSubordinateIds(String(uid)))
    throw new Error(
      `${name} has no subordinate ids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}`,
    );
  const cli = join(PROJECT_ROOT, "dist/cli.js");
  return { name, uid, gid: process.getgid!(), home, node: process.execPath, cli, prefix: [], remove };
}

async function ensureAccount(): Promise<{ readonly uid: number; readonly gid: number }> {
  const known = await runCommand("getent", ["passwd", NAME]);
  if (known.exitCode !== 0)
    await runCommand(requireTool("useradd"), [
      "--system",
      "--no-create-home",
      "--user-group",
      "--shell",
      "/bin/sh",
      NAME,
    ]);
  const fields = (await runOrFail("getent", ["passwd", NAME])).split(":");
  if (!hasSubordinateIds(NAME)) {
    const range = freeRange();
    await runOrFail(requireTool("usermod"), ["--add-subuids", range, "--add-subgids", range, NAME]);
  }
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

function hasSubordinateIds(name: string): boolean {
  return ["/etc/subuid", "/etc/subgid"].every((file) =>
    subordinateRanges(file).some((range) => range.name === name),
  );
}

function subordinateRanges(file: string): { name: string; first: number; count: number }[] {
  if (!existsSync(file)) return [];
  const rows = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return rows
    .map((row) => row.split(":"))
    .map(([name = "", first, count]) => ({ name, first: Number(first), count: Number(count) }));
}

/** 65,536 ids that nobody has yet. */
function freeRange(): string {
  const taken = [...subordinateRanges("/etc/subuid"), ...subordinateRanges("/etc/subgid")];
  const first = Math.max(100_000, ...taken.map((range) => range.first + range.count));
  return `${first}-${first + 65_535}`;
}

/** The checkout itself where the user may read it; else a copy of the command and the packages that it needs. */
async function readableInstallation(
  prefix: readonly string[],
  folder: string,
): Promise<{ node: string; cli: string }> {
  const [program, ...args] = prefix as [string, ...string[]];
  const canRead = async (file: string) =>
    (await runCommand(program, [...args, "test", "-r", file])).exitCode === 0;
  mkdirSync(folder, { mode: 0o755 });
  let node = process.execPath;
  if (!(await canRead(node))) {
    cpSync(node, join(folder, "node"));
    node = join(folder, "node");
  }
  const checkedOut = join(PROJECT_ROOT, "dist/cli.js");
  if (await canRead(checkedOut)) return { node, cli: checkedOut };
  for (const part of ["dist", "package.json", ...runtimePackages()])
    cpSync(join(PROJECT_ROOT, part), join(folder, part), { recursive: true, dereference: true });
  return { node, cli: join(folder, "dist/cli.js") };
}

function runtimePackages(): string[] {
  const lock = JSON.parse(readFileSync(join(PROJECT_ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const wanted = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && !entry.dev);
  return wanted.map(([path]) => path).filter((path) => isReadable(join(PROJECT_ROOT, path)));
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
