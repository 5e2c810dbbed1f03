import { randomBytes } from "node:crypto";
import { CleanupScope } from "../core/cleanup-scope.ts";
import type { Platform } from "../core/platform.ts";
import type { Chain } from "../execute/chain.ts";
import { smallFileReader } from "../execute/copy/owner.ts";
import type { LayerAccess } from "../execute/layer-access.ts";
import { checkProgram } from "../execute/run/program-check.ts";
import type { ContainerConfig } from "../image/config.ts";
import { outOfMemoryText } from "../runtime/cgroup/out-of-memory.ts";
import { type ExtraHost, hostsFile, resolverFile } from "../runtime/network-files.ts";
import type { ProcessStreams } from "../runtime/process-streams.ts";
import type { ContainerMount, Privilege, Resources, Ulimit } from "../runtime/request.ts";
import { runContainer } from "../runtime/run-container.ts";
import { resolveUser } from "../runtime/users.ts";
import { containerRoot } from "../snapshot/container-root.ts";
import { prepareRootfs, type RootfsSupport } from "../snapshot/prepare-rootfs.ts";
import { type MountTarget, planStubs } from "../snapshot/stubs.ts";
import { planWorkdir } from "../snapshot/workdir.ts";
import type { Store } from "../store/store.ts";
import { type ProcessOverrides, processConfig } from "./process-config.ts";
import type { BindVolume } from "./volumes.ts";

export interface RunImageRequest {
  readonly store: Store;
  readonly access: LayerAccess;
  readonly chain: Chain;
  readonly config: ContainerConfig;
  readonly privilege: Privilege;
  readonly rootfsSupport: RootfsSupport;
  readonly overrides: Omit<ProcessOverrides, "hostname"> & { readonly hostname?: string };
  readonly volumes: readonly BindVolume[];
  readonly tmpfs: readonly string[];
  readonly network: "host" | "none";
  readonly extraHosts: readonly ExtraHost[];
  readonly ulimits: readonly Ulimit[];
  readonly resources: Resources;
  readonly cgroupParent?: string;
  readonly shmSize?: number;
  readonly readOnlyRoot: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** The machine's /etc/resolv.conf. */
  readonly resolvConf: string;
  readonly path: string;
  readonly driver?: string;
  /** Standard input goes to the process. */
  readonly interactive: boolean;
  readonly streams?: ProcessStreams;
  /** Told what the machine does not let us do, and why a container was killed. */
  readonly onWarning: (message: string) => void;
  /** Whether programs for a platform run on this machine. */
  readonly canRun: (platform: Platform) => Promise<boolean>;
  /** Told how signals can be passed on, once the process runs. */
  readonly onStarted?: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly signal?: AbortSignal;
}

/** Runs an image's command in the foreground; what it wrote to its root filesystem is gone afterwards. Gives its exit code. */
export async function runImage(request: RunImageRequest): Promise<number> {
  const { store, access, chain } = request;
  const scope = new CleanupScope();
  return scope.around(async () => {
    const scratch = store.temp.directory("run");
    scope.defer(() => store.temp.remove(scratch));
    const lowers = await access.snapshots(chain);
    const tree = await access.tree("image", chain, true);
    return start(request, scratch, lowers, tree);
  });
}

async function start(
  request: RunImageRequest,
  scratch: string,
  lowers: readonly string[],
  tree: Awaited<ReturnType<LayerAccess["tree"]>>,
): Promise<number> {
  const id = randomBytes(6).toString("hex");
  const hostname = request.overrides.hostname ?? id;
  const config = processConfig(request.config, { ...request.overrides, hostname });
  const mounts = mountsOf(request, hostname);
  const stubs = planStubs(
    tree,
    mounts.map((mount) => mount.target),
  );
  const root = containerRoot(tree);
  const rootfs = await prepareRootfs(request.rootfsSupport, {
    lowers,
    scratch,
    stubs: stubs.stubs,
    xattrPrefix: request.privilege.xattrPrefix,
    ...(root ? { root } : {}),
  });
  const read = smallFileReader(tree);
  const [passwd, group] = [await read("etc/passwd"), await read("etc/group")];
  await checkProgram({
    tree,
    argv: config.argv,
    env: config.env,
    cwd: config.cwd,
    mounts: stubs.resolved,
    canRun: request.canRun,
  });
  const end = await runContainer(
    {
      id: `slipway-${id}`,
      scratch,
      rootfs,
      argv: config.argv,
      env: config.env,
      workdir: planWorkdir(tree, config.cwd, stubs.resolved),
      user: resolveUser({
        user: config.user,
        ...(passwd === undefined ? {} : { passwd: Buffer.from(passwd) }),
        ...(group === undefined ? {} : { group: Buffer.from(group) }),
      }),
      hostname,
      network: request.network,
      security: "sandbox",
      mounts: mounts.map((mount, i) => mount.at(stubs.resolved[i]!)),
      ulimits: request.ulimits,
      resources: request.resources,
      ...(request.cgroupParent === undefined ? {} : { cgroupParent: request.cgroupParent }),
      terminal: request.overrides.tty,
      readOnlyRoot: request.readOnlyRoot,
      addCapabilities: request.capAdd,
      dropCapabilities: request.capDrop,
      ...(request.shmSize === undefined ? {} : { shmSize: request.shmSize }),
    },
    {
      privilege: request.privilege,
      path: request.path,
      filterFolder: request.store.paths.filters,
      onWarning: request.onWarning,
      ...(request.driver ? { driver: request.driver } : {}),
      interactive: true,
      stdin: request.interactive ? "inherit" : "ignore",
      ...(request.streams ? { streams: request.streams } : {}),
      ...(request.onStarted ? { onStarted: request.onStarted } : {}),
      ...(request.signal ? { signal: request.signal } : {}),
    },
  );
  if (end.oom) request.onWarning(outOfMemoryText(end.oom));
  return end.exitCode;
}

interface PlannedMount {
  readonly target: MountTarget;
  at(target: string): ContainerMount;
}

function mountsOf(request: RunImageRequest, hostname: string): PlannedMount[] {
  const { network, extraHosts, resolvConf } = request;
  const hosts = hostsFile(hostname, extraHosts);
  const resolver = resolverFile({ network, host: resolvConf });
  const text = (path: string, content: string): PlannedMount => ({
    target: { path, type: "file" },
    at: (target) => ({ type: "file", target, content, mode: 0o644 }),
  });
  return [
    text("/etc/hosts", hosts),
    text("/etc/resolv.conf", resolver),
    text("/etc/hostname", `${hostname}\n`),
    ...request.volumes.map(
      ({ source, target: path, readOnly, type }): PlannedMount => ({
        target: { path, type },
        at: (target) => ({ type: "bind", target, source: { kind: "path", path: source }, readOnly }),
      }),
    ),
    ...request.tmpfs.map(
      (path): PlannedMount => ({
        target: { path, type: "dir" },
        at: (target) => ({ type: "tmpfs", target, mode: 0o1777 }),
      }),
    ),
  ];
}
