import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Case } from "./case.ts";
import type { Placeholders } from "./placeholders.ts";
import { run } from "./process.ts";

/** Times of prepared files lie in the ten days after this, chosen by case and path. */
const EPOCH = 1_600_000_000;
const SPREAD = 864_000;

/** Files of a case that are no part of its context. */
const NOT_CONTEXT = ["case.json", "prepare.sh", "expected.txt"];

/** A prepared copy of a case. */
export interface Workspace {
  readonly root: string;
  readonly context: string;
  /** Files for `--secret`, named contexts and layers of images: `@extra@`. */
  readonly extra: string;
  /** What the HTTP server offers to this case: `@http@`; git repositories in it are also below `@git@`. */
  readonly served: string;
}

/**
 * Names the places of a case's copy, and empties them. The context's folder has the case's hash in its name, because BuildKit sends only
 * what changed since a folder of the same name was sent, and takes a file of equal size and time for unchanged.
 */
export function openWorkspace(parent: string, each: Case, hash: string): Workspace {
  const root = join(parent, `${each.name.replaceAll("/", "-")}-${hash.slice(0, 8)}`);
  rmSync(root, { recursive: true, force: true });
  const names = { context: `context-${hash.slice(0, 8)}`, extra: "extra", served: "served" };
  return {
    root,
    context: join(root, names.context),
    extra: join(root, names.extra),
    served: join(root, names.served),
  };
}

/** Copies the case, sets plain modes, runs `prepare.sh`, fills placeholders and fixes times. */
export async function prepareWorkspace(
  each: Case,
  workspace: Workspace,
  placeholders: Placeholders,
): Promise<void> {
  mkdirSync(workspace.root, { recursive: true });
  cpSync(each.folder, workspace.context, { recursive: true, verbatimSymlinks: true });
  for (const name of NOT_CONTEXT) rmSync(join(workspace.context, name), { force: true });
  for (const part of ["extra", "served"] as const) {
    const inside = join(workspace.context, part);
    if (existsSync(inside)) renameSync(inside, workspace[part]);
    else mkdirSync(workspace[part]);
  }
  walk(workspace.root, plainMode);
  await runPrepareScript(each, workspace);
  fillDockerfiles(workspace.context, placeholders);
  const started = Date.now() / 1000 - 3600;
  for (const folder of [workspace.context, workspace.extra, workspace.served])
    walk(folder, (path, stats) => {
      if (stats.mtimeMs / 1000 >= started) fixTime(folder, path, stats);
    });
}

async function runPrepareScript(each: Case, workspace: Workspace): Promise<void> {
  const script = join(each.folder, "prepare.sh");
  if (!existsSync(script)) return;
  const env = { SERVED: workspace.served, EXTRA: workspace.extra, LC_ALL: "C", TZ: "UTC" };
  const result = await run(["sh", "-eu", script], { cwd: workspace.context, env });
  if (result.code !== 0) throw new Error(`prepare.sh ended with ${result.code}: ${result.stderr}`);
}

/** Git keeps no modes but the executable bit, and what it checks out depends on the umask. */
function plainMode(path: string, stats: Stats): void {
  if (stats.isDirectory()) chmodSync(path, 0o755);
  else if (stats.isFile()) chmodSync(path, stats.mode & 0o100 ? 0o755 : 0o644);
}

/** Dockerfiles and ignore files, wherever they lie in the context. */
function fillDockerfiles(context: string, placeholders: Placeholders): void {
  walk(context, (path, stats) => {
    if (!stats.isFile() || !/dockerfile|dockerignore/i.test(path.slice(path.lastIndexOf("/")))) return;
    const before = readFileSync(path, "latin1");
    const after = placeholders.fill(before);
    if (after !== before) writeFileSync(path, after, "latin1");
  });
}

/**
 * What the script gave no time of its own gets one that follows from its place and content alone: every run finds it again, and so does
 * a case with the same files that is built at the same time, whose work BuildKit shares.
 */
function fixTime(folder: string, path: string, stats: Stats): void {
  const content = stats.isFile() ? readFileSync(path) : stats.isSymbolicLink() ? readlinkSync(path) : "";
  const hash = createHash("sha256")
    .update(`${path.slice(folder.length)}\0`)
    .update(content)
    .digest();
  const time = EPOCH + (hash.readUInt32BE(0) % SPREAD);
  if (stats.isSymbolicLink()) lutimesSync(path, time, time);
  else utimesSync(path, time, time);
}

/** Every path below `folder` and then `folder` itself, what lies in a folder before the folder. */
function walk(folder: string, visit: (path: string, stats: Stats) => void): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    if (stats.isDirectory()) walk(path, visit);
    else visit(path, stats);
  }
  visit(folder, lstatSync(folder));
}

/** Goes up when copies of the same case come out otherwise, so that BuildKit does not go by what it was sent before. */
const COPY_FORMAT = "2";

/** A digest of all files of the case's folder. */
export function hashFolder(folder: string): string {
  const hash = createHash("sha256").update(COPY_FORMAT);
  const add = (path: string) => {
    const stats = lstatSync(path);
    hash.update(`${path.slice(folder.length)}\0`);
    if (stats.isSymbolicLink()) hash.update(`link ${readlinkSync(path)}\0`);
    else if (stats.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(`${statSync(path).mode & 0o100}\0`).update(readFileSync(path));
  };
  add(folder);
  return hash.digest("hex");
}
