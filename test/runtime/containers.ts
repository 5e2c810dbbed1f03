import { randomUUID } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { comparePaths } from "../../src/core/file-name.ts";
import type { Entry, FileTree } from "../../src/core/file-tree.ts";
import { type ContainerMount, type ContainerRequest, REAL_ROOT } from "../../src/runtime/request.ts";
import {
  type ContainerEnd,
  type RunContainerOptions,
  runContainer,
} from "../../src/runtime/run-container.ts";
import { prepareOverlay } from "../../src/snapshot/overlay.ts";
import { planStubs } from "../../src/snapshot/stubs.ts";
import { planWorkdir } from "../../src/snapshot/workdir.ts";
import { makeFolder, writeTree } from "../support/folders.ts";
import { requireTool, runOrFail } from "../support/tools.ts";

/** A snapshot directory with a static BusyBox, a link for each of its programs and three accounts. */
export async function writeBusybox(folder: string): Promise<string> {
  const busybox = requireTool("busybox");
  mkdirSync(join(folder, "bin"), { recursive: true });
  copyFileSync(busybox, join(folder, "bin/busybox"));
  for (const applet of (await runOrFail(busybox, ["--list"])).split("\n"))
    if (applet !== "" && applet !== "busybox") symlinkSync("busybox", join(folder, "bin", applet));
  mkdirSync(join(folder, "tmp"), { mode: 0o1777 });
  return writeTree(folder, {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nowhere:/bin/sh\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
  });
}

/** Snapshot directories, topmost first wins, as a tree; whiteouts are not looked at. */
export class SnapshotTree implements FileTree {
  readonly #lowers: readonly string[];

  constructor(lowers: readonly string[]) {
    this.#lowers = lowers.toReversed();
  }

  lookup(path: string): Entry | undefined {
    const lower = this.#lowers.find((folder) => lstatSync(join(folder, path), { throwIfNoEntry: false }));
    if (lower === undefined) return undefined;
    const stat = lstatSync(join(lower, path));
    const type = stat.isDirectory() ? "dir" : stat.isSymbolicLink() ? "symlink" : "file";
    const { uid, gid, size, mode } = stat;
    const times = { mtime: Math.floor(stat.mtimeMs / 1000), mtimeNs: 0 };
    const link = type === "symlink" ? { linkTarget: readlinkSync(join(lower, path)) } : {};
    return { path, type, mode: mode & 0o7777, uid, gid, size, ...times, ...link };
  }

  list(path: string): readonly string[] {
    const all = this.#lowers.filter((folder) => existsSync(join(folder, path)));
    return [...new Set(all.flatMap((folder) => readdirSync(join(folder, path))))].sort(comparePaths);
  }
}

export interface Scene extends Partial<ContainerRequest> {
  readonly lowers: readonly string[];
  readonly cwd?: string;
  readonly options?: Partial<RunContainerOptions>;
}

export interface SceneResult extends ContainerEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly upper: string;
}

/** A request over an overlay of `scene.lowers`; its scratch folder is removed when the test ends. */
export async function prepareScene(scene: Scene): Promise<ContainerRequest> {
  const { path: scratch, remove } = makeFolder();
  onTestFinished(remove);
  const tree = new SnapshotTree(scene.lowers);
  const mounts = scene.mounts ?? [];
  const targets = mounts.map((mount) => ({ path: mount.target, type: typeOf(mount) }));
  const stubs = planStubs(tree, targets);
  const { lowers, cwd = "/", options: _, mounts: __, ...rest } = scene;
  const xattrPrefix = "trusted.overlay.";
  return {
    id: `test-${randomUUID()}`,
    scratch,
    rootfs: await prepareOverlay({ lowers, scratch, stubs: stubs.stubs, xattrPrefix }),
    argv: ["true"],
    env: ["PATH=/bin"],
    workdir: planWorkdir(tree, cwd, stubs.resolved),
    user: { uid: 0, gid: 0, additionalGids: [], home: "/root" },
    hostname: "sandbox",
    network: "none",
    security: "sandbox",
    mounts: mounts.map((mount, i) => ({ ...mount, target: stubs.resolved[i]! })),
    ...rest,
  };
}

/** Runs a process over an overlay of `scene.lowers` and gives what it wrote. */
export async function runScene(scene: Scene): Promise<SceneResult> {
  const request = await prepareScene(scene);
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const end = await runContainer(request, {
    privilege: REAL_ROOT,
    path: process.env.PATH ?? "",
    onOutput: (stream, chunk) => output[stream].push(chunk),
    ...scene.options,
  });
  const [stdout, stderr] = [Buffer.concat(output.stdout).toString(), Buffer.concat(output.stderr).toString()];
  return { ...end, stdout, stderr, upper: request.rootfs.upper };
}

export const sh = (script: string): readonly string[] => ["/bin/sh", "-c", script];

function typeOf(mount: ContainerMount): "dir" | "file" {
  if (mount.type === "tmpfs") return "dir";
  if (mount.type !== "bind") return "file";
  const { source } = mount;
  if (source.kind === "layers" && source.lowers.length === 0) return "dir";
  const at = source.kind === "path" ? source.path : join(source.lowers.at(-1)!, source.path);
  return lstatSync(at).isDirectory() ? "dir" : "file";
}
