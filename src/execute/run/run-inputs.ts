import type { Field, InputFiles, StepInputs } from "../../cache/inputs.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import { formatPlatform } from "../../core/platform.ts";
import type { RunMount, RunStep } from "../../plan/graph.ts";
import type { Chain } from "../chain.ts";
import type { RunOptions } from "./run-options.ts";

/** A mount of nothing is not the same as one of a path that is not there. */
const NOTHING = [["", "scratch"]] as const;

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
  return { tag: "run/2", parent: parent.identity, fields, files: await mountFiles(step, options) };
}

/** A mount's part of the key, as canonical JSON: no name can pass for two. With a custom id or without sharing, neither counts (SPEC MT-10). */
function mountField(mount: RunMount, namespace: string): string {
  switch (mount.type) {
    case "bind":
    case "tmpfs":
    case "secret":
    case "ssh":
      return canonicalJson(ownFields(mount));
    case "cache": {
      const { hasExplicitId, id, sharing, ...rest } = mount;
      const isNamed = hasExplicitId || sharing !== "shared";
      return canonicalJson({ ...ownFields(rest), ...(isNamed ? {} : { namespace, id }) });
    }
    default:
      return mount satisfies never;
  }
}

/** Of what a mount comes from, the content counts, in its set of files; so does where in it a bind mount begins. */
function ownFields(mount: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(mount).filter(([name, value]) => name !== "from" && value !== undefined),
  );
}

/**
 * One set for each bind and cache mount, in their order, so that it is clear whose a set is: content at the selected path only
 * (SPEC CK-03, MT-09), and a mark where there is nothing that it comes from.
 */
async function mountFiles(step: RunStep, options: RunOptions): Promise<InputFiles[]> {
  const sets: InputFiles[] = [];
  for (const mount of step.mounts) {
    if (mount.type !== "bind" && mount.type !== "cache") continue;
    sets.push(await mountedFiles(mount, options));
  }
  return sets;
}

async function mountedFiles(
  { from, source }: Extract<RunMount, { type: "bind" | "cache" }>,
  { inputs, identities }: RunOptions,
): Promise<InputFiles> {
  if (from.kind === "scratch") return { from: "scratch", selector: source, entries: NOTHING };
  const tree = await inputs(from);
  return { from: tree.name, selector: source, entries: await identities.of(tree, source) };
}
