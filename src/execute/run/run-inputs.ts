import { contentIdentity } from "../../cache/content-identity.ts";
import type { Field, InputFiles, StepInputs } from "../../cache/inputs.ts";
import { digestOf } from "../../core/digest.ts";
import type { Entry } from "../../core/file-tree.ts";
import { formatPlatform } from "../../core/platform.ts";
import { resolvePath } from "../../layer/resolve.ts";
import type { RunMount, RunStep } from "../../plan/graph.ts";
import type { Chain } from "../chain.ts";
import { walkDirectory } from "../copy/select.ts";
import type { SourceTree } from "../source-tree.ts";
import type { RunOptions } from "./run-options.ts";

/** Everything a RUN depends on (SPEC CK-02, RN-12, MT-16): not proxies, secrets' contents, agents, addresses of extra hosts. */
export async function runInputs(step: RunStep, parent: Chain, options: RunOptions): Promise<StepInputs> {
  const names = new Set(step.buildArgs?.map((pair) => pair.split("=", 1)[0]!));
  const isArgument = (pair: string) => names.has(pair.split("=", 1)[0]!);
  const { names: devices } = await options.devices(step);
  const fields: Record<string, Field> = {
    argv: [...step.argv],
    args: step.env.filter(isArgument),
    env: step.env.filter((pair) => !isArgument(pair)),
    cwd: step.cwd,
    user: step.user,
    network: step.network,
    security: step.security,
    hostname: options.hostname,
    "extra hosts": options.extraHosts.map((host) => host.name),
    ulimits: options.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    "shm size": options.shmSize ?? null,
    ...(options.cgroupParent === undefined ? {} : { "cgroup parent": options.cgroupParent }),
    ...(devices.length === 0 ? {} : { devices }),
    mounts: step.mounts.map((mount) => mountField(mount, options.cacheNamespace)),
    script: step.script ? `${step.script.name} ${digestOf(step.script.content)}` : null,
    platform: formatPlatform(step.platform),
  };
  return { tag: "run/1", parent: parent.identity, fields, files: await mountFiles(step, options) };
}

/** A mount's part of the key. With a custom id or without sharing, neither counts (SPEC MT-10). */
function mountField(mount: RunMount, namespace: string): string {
  switch (mount.type) {
    case "bind":
      return `bind ${mount.target} ${mount.readOnly ? "ro" : "rw"}`;
    case "cache": {
      const identity = mount.hasExplicitId || mount.sharing !== "shared" ? "" : `${namespace}/${mount.id}`;
      const ownership = `${mount.mode?.toString(8) ?? ""} ${mount.uid ?? ""} ${mount.gid ?? ""}`;
      return `cache ${mount.target} ${mount.source} ${identity} ${mount.readOnly ? "ro" : "rw"} ${ownership}`;
    }
    case "tmpfs":
      return `tmpfs ${mount.target} ${mount.size ?? ""}${mount.readOnly ? " ro" : ""}`;
    case "secret":
      return `secret ${mount.id} ${mount.target ?? ""} ${mount.env ?? ""} ${mount.required} ${mount.mode} ${mount.uid}:${mount.gid}`;
    case "ssh":
      return `ssh ${mount.id} ${mount.target} ${mount.required} ${mount.mode} ${mount.uid}:${mount.gid}`;
    default:
      return mount satisfies never;
  }
}

/** Bind sources count with the content at the selected path only (SPEC CK-03, MT-09). */
async function mountFiles(step: RunStep, options: RunOptions): Promise<InputFiles[]> {
  const sets: InputFiles[] = [];
  for (const mount of step.mounts) {
    if ((mount.type !== "bind" && mount.type !== "cache") || mount.from.kind === "scratch") continue;
    const tree = await options.inputs(mount.from);
    sets.push({
      from: tree.name,
      selector: mount.source,
      entries: await subtreeIdentity(tree, mount.source),
    });
  }
  return sets;
}

/** Content identities of a path and everything below it; nothing where it does not exist (the mount itself will say so). */
export async function subtreeIdentity(
  tree: SourceTree,
  source: string,
): Promise<(readonly [string, string])[]> {
  const { path, entry } = resolvePath(tree, source, { followLast: true });
  if (!entry) return [];
  const inside = entry.type === "dir" ? [...walkDirectory(tree, path, undefined)] : [];
  const files = [entry, ...inside.map((item) => item.entry)].filter((item) => item.type === "file");
  const digests = await tree.digests(files.map((file) => file.path));
  const identity = (item: Entry) => {
    const digest = item.digest ?? digests.get(item.path);
    return contentIdentity(digest ? { ...item, digest } : item);
  };
  return [["", identity(entry)], ...inside.map((item) => [item.relative, identity(item.entry)] as const)];
}
