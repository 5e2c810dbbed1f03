import { closeSync, openSync, readSync } from "node:fs";
import { fsPath } from "../core/file-name.ts";
import type { Platform } from "../core/platform.ts";
import type { Chain } from "../execute/chain.ts";
import { smallFileReader } from "../execute/copy/owner.ts";
import type { LayerAccess } from "../execute/layer-access.ts";
import { checkProgram } from "../execute/run/program-check.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { ContainerRequest, Privilege, Resources, Ulimit } from "../runtime/request.ts";
import { type ContainerUser, resolveUser, withGroups } from "../runtime/users.ts";
import { containerRoot } from "../snapshot/container-root.ts";
import { prepareRootfs, type RootfsSupport } from "../snapshot/prepare-rootfs.ts";
import { planStubs } from "../snapshot/stubs.ts";
import { planWorkdir } from "../snapshot/workdir.ts";
import { stackBytes } from "./argument-size.ts";
import { type CommandProblem, commandProblem } from "./command-problem.ts";
import { shortId } from "./container-names.ts";
import type { ContainerFolder, NetworkState } from "./container-record.ts";
import { ContainerTree } from "./container-tree.ts";
import { INIT_PATH } from "./init-program.ts";
import type { PreparedNetwork } from "./network/container-network.ts";
import { type ProcessOverrides, processConfig } from "./process-config.ts";
import { HEAD_BYTES } from "./program-head.ts";
import { type RootPlace, rootPlace } from "./root-place.ts";
import type { PlannedMount } from "./volume/mount-places.ts";

export interface PrepareRequest {
  readonly access: LayerAccess;
  readonly chain: Chain;
  readonly config: ContainerConfig;
  readonly privilege: Privilege;
  readonly rootfsSupport: RootfsSupport;
  /** The container's, 64 hexadecimal digits. */
  readonly id: string;
  /** Its scratch folder is there and empty. */
  readonly folder: ContainerFolder;
  /** Nothing of what it writes will be needed again. */
  readonly isPassing: boolean;
  readonly overrides: Omit<ProcessOverrides, "hostname">;
  readonly groupAdd: readonly string[];
  /** A program of this machine that becomes process 1. */
  readonly init?: string;
  readonly mounts: readonly PlannedMount[];
  /** Its network, which is ended with the container. */
  readonly network: PreparedNetwork;
  readonly ulimits: readonly Ulimit[];
  readonly resources: Resources;
  readonly cgroupParent?: string;
  readonly shmSize?: number;
  readonly readOnlyRoot: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** Whether programs for a platform run on this machine. */
  readonly canRun: (platform: Platform) => Promise<boolean>;
}

/** A container that only has to be started: nothing of the store is looked at any more. */
export interface PreparedContainer {
  readonly request: ContainerRequest;
  readonly network?: NetworkState;
  /** Why its command cannot be started: nothing is to be run then. */
  readonly problem?: CommandProblem;
  /** To be called when it has ended. */
  finish(): Promise<void>;
}

/** What the runtime calls a container. */
export function runtimeId(id: string): string {
  return `slipway-${shortId(id)}`;
}

/**
 * Puts an image and what a command line says together for one start. What the container wrote in an earlier run is there
 * again. Throws `CONTAINER_START_FAILED`, `USER_NOT_FOUND`, `SNAPSHOT_FAILED`, `EMULATION_UNAVAILABLE` and what layers can meet.
 */
export async function prepareContainer(request: PrepareRequest): Promise<PreparedContainer> {
  const { access, chain, folder } = request;
  const { hostname } = request.network;
  const config = processConfig(request.config, { ...request.overrides, hostname });
  const place = rootPlace(request);
  const lowers = await access.snapshots(chain);
  const tree = writtenTree(place, await access.tree("image", chain, true), request.privilege);
  const mounts = mountsOf(request);
  const stubs = planStubs(
    tree,
    mounts.map((mount) => mount.target),
  );
  const { argv, env, cwd } = config;
  await checkProgram({ tree, argv, env, cwd, mounts: stubs.resolved, canRun: request.canRun });
  const user = await userOf(tree, config.user, request.groupAdd);
  const stack = stackBytes(request.ulimits);
  const head = (path: string) => headIn(tree, path);
  const problem = await commandProblem({ tree, argv, env, cwd, stack, mounts: stubs.resolved, user, head });
  const workdir = planWorkdir(tree, cwd, stubs.resolved);
  const placed = mounts.map((mount, i) => mount.at(stubs.resolved[i]!));
  const root = containerRoot(tree);
  // Last, for what it makes has to be undone.
  const rootfs = await prepareRootfs(place.support, {
    lowers,
    scratch: folder.scratch,
    upper: place.upper,
    stubs: stubs.stubs,
    xattrPrefix: request.privilege.xattrPrefix,
    ...(root ? { root } : {}),
  });
  return {
    ...(problem ? { problem } : {}),
    request: {
      id: runtimeId(request.id),
      scratch: folder.scratch,
      rootfs,
      argv: request.init === undefined ? argv : [INIT_PATH, "--", ...argv],
      env,
      workdir,
      user,
      hostname,
      mounts: placed,
      ...limitsOf(request),
    },
    ...(request.network.state ? { network: request.network.state } : {}),
    finish: async () => {
      try {
        await request.network.close();
      } finally {
        await rootfs.finish();
      }
    },
  };
}

/** What passes from the one request to the other as it is. */
function limitsOf(request: PrepareRequest) {
  return {
    network: request.network.place,
    security: "sandbox" as const,
    ulimits: request.ulimits,
    resources: request.resources,
    ...(request.cgroupParent === undefined ? {} : { cgroupParent: request.cgroupParent }),
    terminal: request.overrides.tty,
    readOnlyRoot: request.readOnlyRoot,
    addCapabilities: request.capAdd,
    dropCapabilities: request.capDrop,
    ...(request.shmSize === undefined ? {} : { shmSize: request.shmSize }),
  };
}

/** The files that the container will see. */
function writtenTree(place: RootPlace, image: SourceTree, { xattrPrefix }: Privilege): SourceTree {
  if (!place.isUsed) return image;
  return new ContainerTree(place.upper, place.support.kind === "copy" ? undefined : image, xattrPrefix);
}

async function headIn(tree: SourceTree, path: string): Promise<Buffer> {
  await tree.prepare([path]);
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(fsPath(tree.locate(path)), "r");
  try {
    return head.subarray(0, readSync(file, head, 0, head.length, 0));
  } finally {
    closeSync(file);
  }
}

async function userOf(tree: SourceTree, user: string, groupAdd: readonly string[]): Promise<ContainerUser> {
  const read = smallFileReader(tree);
  const [passwd, group] = (await Promise.all([read("etc/passwd"), read("etc/group")])).map((text) =>
    text === undefined ? undefined : Buffer.from(text),
  );
  const found = resolveUser({ user, ...(passwd ? { passwd } : {}), ...(group ? { group } : {}) });
  return withGroups(found, groupAdd, group);
}

function mountsOf(request: PrepareRequest): readonly PlannedMount[] {
  return [
    ...request.network.files,
    ...(request.init === undefined ? [] : [initMount(request.init)]),
    ...request.mounts,
  ];
}

function initMount(program: string): PlannedMount {
  const source = { kind: "path", path: program } as const;
  return {
    target: { path: INIT_PATH, type: "file" },
    at: (target) => ({ type: "bind", target, source, readOnly: true }),
  };
}
