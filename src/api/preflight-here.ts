import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { ContainerStore } from "../container/container-store.ts";
import { networkFolder } from "../container/network/bridge-holder.ts";
import { Members } from "../container/network/members.ts";
import { networkMode as chosenNetwork, hasMachineName } from "../container/network/network-mode.ts";
import { processConfig } from "../container/process-config.ts";
import { hostPlatform } from "../core/platform.ts";
import { imageChain } from "../execute/chain.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import { type ReadSmallFile, smallFileReader } from "../execute/copy/owner.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import type { ContainerConfig } from "../image/config.ts";
import { checkContract } from "../preflight/check-contract.ts";
import { ContainerFiles, type ForeseenMount } from "../preflight/container-files.ts";
import { contractAt } from "../preflight/contract-at.ts";
import { CONTRACT_LABEL, contractIn } from "../preflight/contract-label.ts";
import type { PreflightReport } from "../preflight/finding.ts";
import { networkView } from "../preflight/network-view.ts";
import { parseContract } from "../preflight/parse-contract.ts";
import type { Surroundings } from "../preflight/surroundings.ts";
import { hostsFile, machineHostsFile, resolverFile } from "../runtime/network-files.ts";
import type { Resources } from "../runtime/request.ts";
import { resolveUser, withGroups } from "../runtime/users.ts";
import type { Store } from "../store/store.ts";
import type { Environment } from "./environment.ts";
import { findImage, type OpenImage, openImage, withSession } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import { plannedMounts } from "./planned-mounts.ts";
import type { PreflightOptions, PreflightRequest } from "./preflight-options.ts";
import { normalizeResources } from "./resource-limits.ts";
import type { Session } from "./session.ts";

/** What a contract is checked against: an image, and the options that it would be run with. */
export interface Start {
  readonly image: ContainerConfig;
  readonly tree: SourceTree;
  readonly options: PreflightOptions;
  readonly mounts: readonly ForeseenMount[];
  readonly store: Store;
}

/** `checkPreflight` for an image that is in the store, in this process and with what it may do. */
export function preflightHere(options: PreflightRequest, environment: Environment): Promise<PreflightReport> {
  return withSession(environment, async (session) => {
    const image = await openImage(
      session,
      findImage(session.store, options.image),
      options.platform ?? hostPlatform(),
    );
    const text = contractIn(image.config.config);
    if (text === undefined) return { hasContract: false, findings: [] };
    const { contract } = parseContract(text, `in the label ${CONTRACT_LABEL} of ${options.image}`);
    const tree = await filesOf(session, image, options.signal);
    const { store } = session;
    const at = { cwd: environment.cwd, image: image.config.config, containers: new ContainerStore(store) };
    const mounts = plannedMounts(options, at);
    const surroundings = await surroundingsOf({ image: at.image, tree, options, mounts, store });
    const asked = contractAt(contract, options.moment ?? "start");
    return { hasContract: true, findings: await checkContract(asked, surroundings) };
  });
}

/** The files of an image, whose layers are fetched where need be. */
export function filesOf(
  session: Session,
  image: OpenImage,
  signal: AbortSignal | undefined,
): Promise<ChainTree> {
  return layerAccess(session, signal).tree("image", imageChain(image.config.diffIds, image.manifest.layers));
}

/** What a container that is started so will find. */
export async function surroundingsOf({ image, tree, options, mounts, store }: Start): Promise<Surroundings> {
  const resources = normalizeResources(options.resources);
  const hostname = options.hostname ?? "container";
  const started = processConfig(withCommand(image), {
    args: [],
    env: options.env ?? [],
    unsetEnv: options.unsetEnv ?? [],
    tty: options.tty ?? false,
    hostname,
    ...(options.user ? { user: options.user } : {}),
  });
  const read = smallFileReader(tree);
  const [passwd, group] = [await textOf(read, "etc/passwd"), await textOf(read, "etc/group")];
  const tables = { passwd: Buffer.from(passwd), group: Buffer.from(group) };
  const found = resolveUser({ user: started.user, ...tables });
  const user = withGroups(found, options.groupAdd ?? [], tables.group);
  return {
    variables: new Map([["HOME", user.home], ...started.env.map(splitPair)]),
    user,
    passwd,
    group,
    files: new ContainerFiles(tree, mounts),
    overridesModes: overridesModes(options),
    readOnlyRoot: options.readOnly ?? false,
    network: networkOf(options, hostname, otherContainers(store)),
    memory: Math.min(totalmem(), resources.memory ?? Number.POSITIVE_INFINITY),
    cpus: processors(resources),
  };
}

/** Whether there is anything to run is asked when it is run. */
function withCommand(image: ContainerConfig): ContainerConfig {
  return { ...image, Entrypoint: ["/"] };
}

async function textOf(read: ReadSmallFile, path: string): Promise<string> {
  return (await read(path)) ?? "";
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** Whether user 0 has CAP_DAC_OVERRIDE, which it has unless somebody takes it away. */
function overridesModes({ capAdd = [], capDrop = [] }: PreflightOptions): boolean {
  const names = (list: readonly string[]) => list.map((name) => name.toUpperCase().replace(/^CAP_/, ""));
  const [added, dropped] = [names(capAdd), names(capDrop)];
  if (dropped.includes("DAC_OVERRIDE")) return false;
  return !dropped.includes("ALL") || added.includes("DAC_OVERRIDE") || added.includes("ALL");
}

/** The containers of the private network that run, as lines of /etc/hosts. */
function otherContainers(store: Store): string {
  const members = new Members(networkFolder(store).members).list();
  return members.map(({ address, names }) => `${address}\t${names.join(" ")}\n`).join("");
}

function networkOf(options: PreflightOptions, hostname: string, others: string) {
  const mode = networkMode(chosenNetwork(options));
  const extra = (options.addHosts ?? []).map(({ host, ip }) => ({ name: host, ip }));
  return networkView({
    mode,
    hosts: hasMachineName(options)
      ? machineHostsFile(machineFile("/etc/hosts"), extra)
      : hostsFile(hostname, extra),
    ...(chosenNetwork(options) === "private" ? { others } : {}),
    resolvConf: resolverFile({
      network: mode === "none" ? "none" : "host",
      host: machineFile("/etc/resolv.conf"),
    }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

function machineFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function networkMode(network: string): "host" | "none" | "own" | "shared" {
  if (network === "host" || network === "none") return network;
  return network.startsWith("container:") ? "shared" : "own";
}

/** Thousandths of a processor: of those of this machine that may be used, no more than the quota gives. */
function processors({ cpuQuota, cpuPeriod = 100_000, cpusetCpus }: Resources): number {
  const quota = cpuQuota && cpuQuota > 0 ? (cpuQuota / cpuPeriod) * 1000 : Number.POSITIVE_INFINITY;
  const chosen = cpusetCpus ? countOf(cpusetCpus) : Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(availableParallelism() * 1000, chosen * 1000, quota));
}

/** How many numbers a list like `0-2,7` has. */
function countOf(list: string): number {
  return list.split(",").reduce((sum, range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return sum + (last - first + 1);
  }, 0);
}
