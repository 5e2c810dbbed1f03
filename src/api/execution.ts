import { readFileSync } from "node:fs";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { digestOf, hexOf } from "../core/digest.ts";
import type { RemoteFetcher } from "../execute/add/remote.ts";
import type { Chain } from "../execute/chain.ts";
import { imageChain } from "../execute/chain.ts";
import { CopyExecutor } from "../execute/copy-step.ts";
import { StepInputSources } from "../execute/inputs.ts";
import { LayerAccess } from "../execute/layer-access.ts";
import type { WatchOutput } from "../execute/run/run-options.ts";
import { RunExecutor } from "../execute/run/run-step.ts";
import { StageScheduler } from "../execute/scheduler.ts";
import { Sightings } from "../execute/sightings.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import { InFlight, StepRunner } from "../execute/step-runner.ts";
import { WorkdirExecutor } from "../execute/workdir-step.ts";
import { readsFiles } from "../output/export-build.ts";
import type { BuildPlan, ResolvedImage, StagePlan, Step } from "../plan/graph.ts";
import { readSteps } from "../plan/read-steps.ts";
import { SandboxPool } from "../runtime/sandbox-pool.ts";
import type { RootfsSupport } from "../snapshot/prepare-rootfs.ts";
import { ShortLinks } from "../snapshot/short-links.ts";
import type { BuildClock } from "./build-clock.ts";
import type { BuildDevices } from "./build-devices.ts";
import type { LockOf } from "./build-lock.ts";
import type { BuildOptions } from "./build-options.ts";
import { outputsOf } from "./build-outputs.ts";
import type { StoreImageResolver } from "./image-resolver.ts";
import { once } from "./once.ts";
import { runtimePrivilege } from "./privilege.ts";
import { remoteFetcher } from "./remote-fetcher.ts";
import { normalizeResources } from "./resource-limits.ts";
import { rootfsSupport } from "./rootfs-support.ts";
import { agentOpener, secretReader } from "./secrets.ts";
import type { Session } from "./session.ts";

/** What the plans of all platforms of a build are executed with. */
export interface ExecutionSettings {
  readonly session: Session;
  readonly options: BuildOptions;
  readonly resolver: StoreImageResolver;
  readonly contexts: {
    readonly main: () => Promise<SourceTree>;
    readonly named: (name: string) => Promise<SourceTree>;
    readonly lock: LockOf;
  };
  readonly clock: BuildClock;
  readonly notice: (message: string) => void;
  readonly devices: BuildDevices;
  readonly beforeExecute: (step: Step) => void;
  readonly scope: CleanupScope;
  readonly controller: AbortController;
  readonly watchOutput?: WatchOutput;
  /** Takes secrets out of what the cache keeps beside layers. */
  readonly conceal?: (<T>(value: T) => T) | undefined;
}

/** The settings with what is looked at, fetched, renewed or run once for all platforms. */
export interface SharedExecution extends ExecutionSettings {
  readonly remote: RemoteFetcher;
  readonly renewedCaches: Set<string>;
  readonly inFlight: InFlight;
  readonly rootfsSupport: () => Promise<RootfsSupport>;
}

export function sharedExecution(settings: ExecutionSettings): SharedExecution {
  const { session, options, scope, controller } = settings;
  const remote = remoteFetcher({
    session,
    secrets: options.secrets ?? {},
    ssh: options.ssh ?? {},
    lock: settings.contexts.lock,
    scope,
    signal: controller.signal,
  });
  return {
    ...settings,
    remote,
    renewedCaches: new Set(),
    inFlight: new InFlight(),
    rootfsSupport: once(() => rootfsSupport(session)),
  };
}

export interface ExecutionRequest {
  readonly shared: SharedExecution;
  readonly plan: BuildPlan;
  /** Names this Dockerfile and context, so that a miss can be compared with their last build. */
  readonly slot: string;
  /** The platform, where there are several. */
  readonly label: string;
}

export interface Execution {
  readonly target: Chain;
  readonly access: LayerAccess;
  chainOf(stage: number): Promise<Chain>;
}

/** Wires the executors to one plan and runs it. */
export async function executePlan(request: ExecutionRequest): Promise<Execution> {
  const { shared, plan } = request;
  const { session, clock, controller } = shared;
  const { signal } = controller;
  const { store, privilege } = session;
  store.recall(request.slot);
  const target = { store, form: privilege.form };
  const access = new LayerAccess({
    ...target,
    fetchBlob: (blob) => session.fetchBlob(blob, signal),
    streamBlob: (blob) => session.streamBlob(blob, signal),
    signal,
  });
  const images = imageChains(shared.resolver);
  const scheduler = new StageScheduler(plan, (stage) => baseChainOf(stage, images, sources));
  const sources = new StepInputSources(
    {
      stage: (index) => scheduler.chainOf(index),
      image: images,
      context: shared.contexts.main,
      namedContext: shared.contexts.named,
      stageName: (index) => plan.stages.find((stage) => stage.index === index)?.name ?? String(index),
    },
    access,
    target,
    signal,
  );
  const sandboxes = new SandboxPool(runSteps(plan));
  const layerLinks = new ShortLinks(() => store.temp.directory("links"));
  const sightings = new Sightings(store, request.slot, shared.contexts.main);
  const runner = new StepRunner({
    store,
    executors: executors(shared, plan, { access, sources, sandboxes, layerLinks }),
    onEvent: (event) => clock.emit(event),
    clock: clock.elapsed,
    now: () => new Date(),
    signal,
    slot: request.slot,
    platform: request.label,
    inFlight: shared.inFlight,
    sightings,
    conceal: shared.conceal,
    beforeExecute: shared.beforeExecute,
  });
  const work = (): Promise<Chain> => scheduler.run(runner, (reason) => controller.abort(reason));
  const chain = await sandboxes.around(work).finally(() => {
    if (layerLinks.made !== undefined) store.temp.discard(layerLinks.made);
  });
  await sightings.save();
  return { target: chain, access, chainOf: (stage) => scheduler.chainOf(stage) };
}

function runSteps({ stages }: BuildPlan): number {
  return stages.reduce((sum, { steps }) => sum + steps.filter(({ kind }) => kind === "run").length, 0);
}

interface ExecutorParts {
  readonly access: LayerAccess;
  readonly sources: StepInputSources;
  readonly sandboxes: SandboxPool;
  readonly layerLinks: ShortLinks;
}

function executors(shared: SharedExecution, plan: BuildPlan, parts: ExecutorParts) {
  const { session, options, remote, devices } = shared;
  const { access, sources, sandboxes, layerLinks } = parts;
  const { store, privilege, environment } = session;
  const target = { store, form: privilege.form };
  const time = plan.sourceDateEpoch ?? Math.floor(Date.now() / 1000);
  return {
    copy: new CopyExecutor({
      access,
      target,
      inputs: sources.tree,
      remote,
      spool: remote.spool,
      time,
      epoch: plan.sourceDateEpoch,
      readSteps: readSteps(plan, outputsOf(options).some(readsFiles)),
    }),
    workdir: new WorkdirExecutor({ access, target, time, epoch: plan.sourceDateEpoch }),
    run: new RunExecutor({
      access,
      target,
      privilege: runtimePrivilege(privilege),
      rootfsSupport: shared.rootfsSupport,
      layerLinks,
      inputs: sources.tree,
      identities: sources.identities,
      inputChain: sources.chain,
      readSecret: secretReader(options.secrets ?? {}, environment),
      ...(shared.watchOutput ? { watchOutput: shared.watchOutput } : {}),
      openAgent: agentOpener(options.ssh ?? {}),
      cacheMounts: store.paths.cacheMounts,
      renewedCaches: shared.renewedCaches,
      offline: session.offline && options.network === undefined,
      cacheNamespace: options.buildArgs?.BUILDKIT_CACHE_MOUNT_NS ?? "",
      hostname: options.buildArgs?.BUILDKIT_SANDBOX_HOSTNAME ?? "buildkitsandbox",
      extraHosts: (options.addHosts ?? []).map(({ host, ip }) => ({ name: host, ip })),
      ulimits: options.ulimits ?? [],
      resources: normalizeResources(options.resources),
      canRun: session.foreignPrograms.canRun,
      warn: shared.notice,
      devices: (step) => devices.of(step),
      ...(options.cgroupParent === undefined ? {} : { cgroupParent: options.cgroupParent }),
      resolvConf: readResolvConf(),
      runtime: {
        path: environment.path,
        filterFolder: store.paths.filters,
        sandboxes,
        ...(options.runtime ? { driver: options.runtime } : {}),
      },
      ...(options.shmSize ? { shmSize: options.shmSize } : {}),
    }),
  };
}

/** The chain of an image: its layers as the manifest lists them. */
function imageChains(resolver: StoreImageResolver): (image: ResolvedImage) => Promise<Chain> {
  return async (image) => imageChain(image.config.diffIds, (await resolver.manifest(image)).layers);
}

async function baseChainOf(
  stage: StagePlan,
  images: (image: ResolvedImage) => Promise<Chain>,
  sources: StepInputSources,
): Promise<Chain> {
  const { base } = stage;
  if (base.kind === "image") return images(base.image);
  if (base.kind === "named-context") return sources.chain(base, "");
  throw new TypeError(`a stage based on ${base.kind} has no chain of its own`);
}

function readResolvConf(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    return "";
  }
}

/** A slot for a Dockerfile in a context: stable while both stay where they are. */
export function slotOf(parts: readonly string[]): string {
  return hexOf(digestOf(JSON.stringify(parts))).slice(0, 32);
}
