import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { shortId } from "../container/container-names.ts";
import { DEFAULT_STOP_SECONDS } from "../container/container-options.ts";
import type { ContainerRecord, ContainerState } from "../container/container-record.ts";
import type { Container } from "../container/container-store.ts";
import { mergedHealthcheck } from "../container/health-check.ts";
import { INIT_PATH } from "../container/init-program.ts";
import { logFile } from "../container/log-writer.ts";
import { hasMachineName, networkMode } from "../container/network/network-mode.ts";
import { processConfig } from "../container/process-config.ts";
import { NO_RESTART } from "../container/restart-policy.ts";
import { isSlipwayError } from "../core/errors.ts";
import { pidOf } from "../store/owner.ts";
import type { Environment } from "./environment.ts";
import { mountDocuments } from "./inspect-mounts.ts";
import { exposedPorts, networkDocument, portBindings } from "./inspect-network.ts";
import { findContainer } from "./with-containers.ts";

/** Docker's "no time". */
const NO_TIME = "0001-01-01T00:00:00Z";

/** What `docker container inspect` shows, as far as it means something here. Names are Docker's. */
export type ContainerInspect = ReturnType<typeof containerDocument>;

/** Undefined where there is no such container. */
export async function inspectContainer(
  name: string,
  environment: Environment,
): Promise<ContainerInspect | undefined> {
  const container = await findContainer(name, environment);
  return container && containerDocument(container);
}

export function containerDocument({ record, state, folder }: Container) {
  const volumesFolder = join(dirname(dirname(folder.path)), "volumes");
  const { options, image } = record;
  const command = commandOf(record);
  const argv = options.init ? [INIT_PATH, "--", ...command] : command;
  return {
    Id: record.id,
    Created: record.created,
    Path: argv[0] ?? "",
    Args: argv.slice(1),
    State: stateDocument(state),
    Image: image.id,
    LogPath: logFile(folder.log, 0),
    Name: `/${record.name}`,
    RestartCount: state.restartCount,
    Driver: "overlayfs",
    Platform: "linux",
    HostConfig: hostDocument(record),
    Mounts: mountDocuments(record, volumesFolder),
    Config: configDocument(record),
    NetworkSettings: networkDocument(record, state),
  };
}

function stateDocument(state: ContainerState) {
  const { status, process, exitCode, startedAt, finishedAt, error, oomKilled, health } = state;
  const isRunning = status === "running" || status === "restarting";
  return {
    Status: status,
    Running: isRunning,
    Paused: false,
    Restarting: status === "restarting",
    OOMKilled: oomKilled ?? false,
    Dead: false,
    Pid: process === undefined ? 0 : pidOf(process),
    ExitCode: exitCode,
    Error: error ?? "",
    StartedAt: startedAt ?? NO_TIME,
    FinishedAt: finishedAt ?? NO_TIME,
    ...(health ? { Health: health } : {}),
  };
}

function commandOf(record: ContainerRecord): readonly string[] {
  try {
    return plainConfig(record).argv;
  } catch (error) {
    if (isSlipwayError(error)) return [];
    throw error;
  }
}

function plainConfig({ id, options, image }: ContainerRecord) {
  return processConfig(image.config, {
    args: options.args ?? [],
    env: options.env ?? [],
    unsetEnv: options.unsetEnv ?? [],
    tty: options.tty ?? false,
    hostname: options.hostname ?? shortId(id),
    ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
    ...(options.workdir ? { workdir: options.workdir } : {}),
    ...(options.user ? { user: options.user } : {}),
  });
}

/** Variables as they were asked for, without those that a start adds. */
function environmentOf({ options, image }: ContainerRecord): readonly string[] {
  const all = new Map((image.config.Env ?? []).map((pair) => [pair.split("=", 1)[0]!, pair]));
  for (const pair of options.env ?? []) all.set(pair.split("=", 1)[0]!, pair);
  for (const name of options.unsetEnv ?? []) all.delete(name);
  return [...all.values()];
}

function configDocument(record: ContainerRecord) {
  const { options, image } = record;
  const { config } = image;
  const { args = [], entrypoint } = options;
  const health = mergedHealthcheck(config.Healthcheck, options.health);
  const cmd = args.length > 0 ? args : entrypoint === undefined ? (config.Cmd ?? null) : null;
  return {
    Hostname: hasMachineName(options) ? hostname() : (options.hostname ?? shortId(record.id)),
    Domainname: "",
    User: options.user ?? config.User ?? "",
    Tty: options.tty ?? false,
    OpenStdin: options.interactive ?? false,
    ExposedPorts: exposedPorts(record),
    Env: environmentOf(record),
    Cmd: cmd,
    ...(health ? { Healthcheck: health } : {}),
    Image: image.name,
    Volumes: config.Volumes ?? null,
    WorkingDir: options.workdir ?? config.WorkingDir ?? "",
    Entrypoint: entrypoint === undefined ? (config.Entrypoint ?? null) : entrypoint ? [entrypoint] : null,
    Labels: { ...config.Labels, ...options.labels },
    ...((options.stopSignal ?? config.StopSignal)
      ? { StopSignal: options.stopSignal ?? config.StopSignal }
      : {}),
    StopTimeout: options.stopTimeout ?? DEFAULT_STOP_SECONDS,
    ...(config.Shell ? { Shell: config.Shell } : {}),
  };
}

function hostDocument({ options }: ContainerRecord) {
  const { restart = NO_RESTART, resources = {} } = options;
  return {
    Binds: options.volumes ?? [],
    Mounts: options.mounts ?? [],
    VolumesFrom: options.volumesFrom ?? null,
    NetworkMode: networkMode(options),
    PortBindings: portBindings(options),
    PublishAllPorts: options.publishAll ?? false,
    Dns: options.dns ?? [],
    DnsOptions: options.dnsOptions ?? [],
    DnsSearch: options.dnsSearch ?? [],
    RestartPolicy: { Name: restart.name, MaximumRetryCount: restart.maximumRetries },
    AutoRemove: options.autoRemove ?? false,
    CapAdd: options.capAdd ?? [],
    CapDrop: options.capDrop ?? [],
    ExtraHosts: (options.addHosts ?? []).map(({ host, ip }) => `${host}:${ip}`),
    GroupAdd: options.groupAdd ?? [],
    Privileged: false,
    ReadonlyRootfs: options.readOnly ?? false,
    Tmpfs: Object.fromEntries((options.tmpfs ?? []).map((text) => splitTmpfs(text))),
    ShmSize: options.shmSize ?? 67108864,
    Runtime: options.runtime ?? "",
    Init: options.init ?? false,
    Memory: resources.memory ?? 0,
    MemorySwap: resources.memorySwap ?? (resources.memory === undefined ? 0 : 2 * resources.memory),
    CpuShares: resources.cpuShares ?? 0,
    CpuPeriod: resources.cpuPeriod ?? 0,
    CpuQuota: resources.cpuQuota ?? 0,
    CpusetCpus: resources.cpusetCpus ?? "",
    CpusetMems: resources.cpusetMems ?? "",
    PidsLimit: resources.pidsLimit ?? 0,
    CgroupParent: options.cgroupParent ?? "",
    Ulimits: (options.ulimits ?? []).map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
  };
}

function splitTmpfs(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}
