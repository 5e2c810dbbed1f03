import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CleanupScope } from "../../core/cleanup-scope.ts";
import { SlipwayError } from "../../core/errors.ts";
import { resolvePath } from "../../layer/resolve.ts";
import type { RunMount, RunStep } from "../../plan/graph.ts";
import { SCRIPT_FOLDER } from "../../plan/run-command.ts";
import type { DeviceMount, DeviceNode } from "../../runtime/cdi/device-edits.ts";
import { hostsFile, resolverFile } from "../../runtime/network-files.ts";
import type { ContainerMount } from "../../runtime/request.ts";
import { overlayTree } from "../../snapshot/copy-tree.ts";
import type { MountTarget } from "../../snapshot/stubs.ts";
import { cleanPath } from "../copy/select.ts";
import { missingSource } from "../missing-source.ts";
import { type CacheBase, type CacheMount, openCacheMount } from "./cache-mounts.ts";
import { folderIdentity, hostTree } from "./host-tree.ts";
import type { RunOptions } from "./run-options.ts";

/** A mount whose target has not been resolved in the image yet. */
export interface PreparedMount {
  readonly target: MountTarget;
  /** A file of the builder, which is not there where the step mounts something over its place. */
  readonly givesWay?: true;
  at(resolved: string): ContainerMount;
}

export interface PreparedMounts {
  readonly mounts: readonly PreparedMount[];
  /** Variables that mounts bring along: secrets by environment, SSH_AUTH_SOCK. */
  readonly env: readonly string[];
}

export interface MountContext {
  readonly step: RunStep;
  readonly options: RunOptions;
  /** A folder of this step alone. */
  readonly scratch: string;
  /** Undoes locks and agents after the process. */
  readonly scope: CleanupScope;
  readonly signal: AbortSignal;
}

/** Opens everything that a RUN's mounts need (SPEC 3.5) and the files that the builder generates (SPEC RN-09). */
export async function prepareMounts(context: MountContext): Promise<PreparedMounts> {
  const { step, options } = context;
  const mounts: PreparedMount[] = [...generatedFiles(step, options), ...scriptFolder(context)];
  const env: string[] = [];
  for (const mount of step.mounts) {
    const made = await prepareMount(mount, context, env);
    if (made) mounts.push(made);
  }
  const { edits } = await options.devices(step);
  mounts.push(...edits.mounts.map(deviceMount), ...edits.nodes.map(deviceNode));
  return { mounts, env };
}

/** The mounts at the targets that they were found to have, in the same order; those left out that another hides. */
export function placeMounts(mounts: readonly PreparedMount[], resolved: readonly string[]): ContainerMount[] {
  const own = resolved.filter((_, i) => !mounts[i]!.givesWay);
  const isHidden = (target: string) => own.some((each) => target === each || target.startsWith(`${each}/`));
  return mounts.flatMap((mount, i) => {
    const target = resolved[i]!;
    return mount.givesWay && isHidden(target) ? [] : [mount.at(target)];
  });
}

async function prepareMount(
  mount: RunMount,
  context: MountContext,
  env: string[],
): Promise<PreparedMount | undefined> {
  switch (mount.type) {
    case "bind":
      return prepareBind(mount, context);
    case "cache":
      return prepareCache(mount, context);
    case "tmpfs": {
      const { target: path, ...rest } = mount;
      return directory(path, (target) => ({ ...rest, target }));
    }
    case "secret":
      return prepareSecret(mount, context, env);
    case "ssh":
      return prepareAgent(mount, context, env);
    default:
      return mount satisfies never;
  }
}

async function prepareBind(
  mount: Extract<RunMount, { type: "bind" }>,
  { options }: MountContext,
): Promise<PreparedMount> {
  const { readOnly } = mount;
  const writes = readOnly ? {} : { discardWrites: true };
  const tree = await options.inputs(mount.from);
  const found = resolvePath(tree, mount.source, { followLast: true });
  if (!found.entry) throw missingSource(tree, cleanPath(mount.source), mount.source);
  const chain = await options.inputChain(mount.from, found.path);
  const lowers = await options.access.snapshots(chain);
  const type = found.entry.type === "dir" ? "dir" : "file";
  const source = { kind: "layers", lowers, path: found.path } as const;
  return {
    target: { path: mount.target, type },
    at: (target) => ({ type: "bind", target, source, readOnly, ...writes }),
  };
}

async function prepareCache(mount: CacheMount, context: MountContext): Promise<PreparedMount> {
  const { step, options, scope, signal } = context;
  const base = await cacheBase(mount, options);
  const { path } = await openCacheMount({
    mount,
    folder: options.cacheMounts,
    namespace: options.cacheNamespace,
    base,
    renewed: step.noCache ? options.renewedCaches : undefined,
    store: options.target.store,
    scope,
    signal,
  });
  const inside = resolvePath(hostTree(path), mount.source, { followLast: true });
  const identity = inside.path === "" ? undefined : folderIdentity(path, inside.path);
  if (inside.path !== "" && !identity)
    throw missingSource({ ...hostTree(path), name: "cache" }, inside.path, mount.source);
  const source = { kind: "path", path: join(path, inside.path), ...(identity ? { identity } : {}) } as const;
  return directory(mount.target, (target) => ({ type: "bind", target, source, readOnly: mount.readOnly }));
}

async function cacheBase(
  { from }: CacheMount,
  { access, inputChain, privilege }: RunOptions,
): Promise<CacheBase | undefined> {
  if (from.kind === "scratch") return undefined;
  const chain = await inputChain(from, "");
  return {
    identity: `${chain.identity}`,
    fill: async (folder) => {
      for (const lower of await access.snapshots(chain)) overlayTree(lower, folder, privilege.xattrPrefix);
    },
  };
}

/** An optional secret that was not given leaves out the file but still defines its variable, empty (SPEC MT-14). */
async function prepareSecret(
  mount: Extract<RunMount, { type: "secret" }>,
  { options }: MountContext,
  env: string[],
): Promise<PreparedMount | undefined> {
  const data = await options.readSecret(mount.id);
  if (!data && mount.required)
    throw new SlipwayError("SECRET_NOT_FOUND", `secret ${mount.id}: not found`, {
      hint: `give it with --secret id=${mount.id},src=FILE`,
    });
  if (mount.env !== undefined) env.push(`${mount.env}=${data ? Buffer.from(data).toString("utf8") : ""}`);
  if (!data || mount.target === undefined) return undefined;
  const { mode, uid, gid } = mount;
  return file(mount.target, (target) => ({ type: "secret", target, data, mode, uid, gid }));
}

async function prepareAgent(
  mount: Extract<RunMount, { type: "ssh" }>,
  { step, options, scratch, scope }: MountContext,
  env: string[],
): Promise<PreparedMount | undefined> {
  const agent = await options.openAgent(mount.id, scratch, mount);
  if (!agent) {
    if (!mount.required) return undefined;
    throw new SlipwayError("SECRET_NOT_FOUND", `no SSH agent ${JSON.stringify(mount.id)} was given`, {
      hint: `give one with --ssh ${mount.id}`,
    });
  }
  scope.defer(() => agent.close());
  const defined = [...step.env, ...env].some((pair) => pair.startsWith("SSH_AUTH_SOCK="));
  if (!defined) env.push(`SSH_AUTH_SOCK=${mount.target}`);
  return file(mount.target, (target) => ({
    type: "bind",
    target,
    source: { kind: "path", path: agent.socket },
    readOnly: false,
  }));
}

/** A mount that a device asks for: libraries of a driver, sockets. Throws `RUNTIME_UNAVAILABLE` where the machine lacks it. */
function deviceMount({ type, hostPath, path, readOnly }: DeviceMount): PreparedMount {
  if (type === "tmpfs") return directory(path, (target) => ({ type: "tmpfs", target }));
  const stat = statSync(hostPath, { throwIfNoEntry: false });
  if (!stat)
    throw new SlipwayError("RUNTIME_UNAVAILABLE", `a device mounts ${hostPath}, which is not there`, {
      hint: "check the machine's CDI specification",
    });
  const at: PreparedMount["at"] = (target) => ({
    type: "bind",
    target,
    source: { kind: "path", path: hostPath },
    readOnly,
  });
  return stat.isDirectory() ? directory(path, at) : file(path, at);
}

function deviceNode(node: DeviceNode): PreparedMount {
  return file(node.path, (target) => ({ type: "device", target, node }));
}

function generatedFiles(step: RunStep, options: RunOptions): PreparedMount[] {
  const network = step.network === "none" ? "none" : "host";
  return [
    generated("/etc/hosts", (target) => ({
      type: "file",
      target,
      content: hostsFile(options.hostname, options.extraHosts),
      mode: 0o644,
    })),
    generated("/etc/resolv.conf", (target) => ({
      type: "file",
      target,
      content: resolverFile({ network, host: options.resolvConf }),
      mode: 0o644,
    })),
  ];
}

/** The script of a heredoc lies in a folder of its own, in which nothing else can be put (SPEC RN-02). */
function scriptFolder({ step: { script }, scratch }: MountContext): PreparedMount[] {
  if (!script) return [];
  const folder = join(scratch, "pipes");
  const path = join(folder, script.name);
  mkdirSync(folder);
  writeFileSync(path, script.content);
  // Whatever the umask is.
  chmodSync(folder, 0o755);
  chmodSync(path, 0o755);
  const source = { kind: "path", path: folder } as const;
  return [directory(SCRIPT_FOLDER, (target) => ({ type: "bind", target, source, readOnly: true }))];
}

function directory(path: string, at: PreparedMount["at"]): PreparedMount {
  return { target: { path, type: "dir" }, at };
}

function generated(path: string, at: PreparedMount["at"]): PreparedMount {
  return { ...file(path, at), givesWay: true };
}

function file(path: string, at: PreparedMount["at"]): PreparedMount {
  return { target: { path, type: "file" }, at };
}
