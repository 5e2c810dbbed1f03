import type { Resources } from "../request.ts";

export type Controller = "memory" | "cpu" | "cpuset" | "pids";

/** One limit as a control group takes it. */
export interface LimitFile {
  readonly controller: Controller;
  readonly file: string;
  readonly value: string;
  /** As a command line writes it: `memory=67108864`. */
  readonly limit: string;
}

/**
 * The files that hold these limits, in the order in which the kernel accepts them. `version` tells for each controller which kind of
 * hierarchy it is in. Pure (OCI runtime specification, config-linux, and cgroup-v2 of the kernel's documentation).
 */
export function limitFiles(
  resources: Resources,
  version: (controller: Controller) => 1 | 2,
): readonly LimitFile[] {
  return [
    ...(version("memory") === 1 ? memoryV1(resources) : memoryV2(resources)),
    ...(version("cpu") === 1 ? cpuV1(resources) : cpuV2(resources)),
    ...one("cpuset", "cpuset.cpus", "cpuset-cpus", resources.cpusetCpus),
    ...one("cpuset", "cpuset.mems", "cpuset-mems", resources.cpusetMems),
    ...one("pids", "pids.max", "pids-limit", resources.pidsLimit, unlimited(resources.pidsLimit)),
  ];
}

function memoryV1({ memory, memorySwap }: Resources): readonly LimitFile[] {
  return [
    ...one("memory", "memory.limit_in_bytes", "memory", memory),
    ...one("memory", "memory.memsw.limit_in_bytes", "memory-swap", memorySwap),
  ];
}

/** Here swap has a limit of its own; `memorySwap` is that of both together. */
function memoryV2({ memory, memorySwap }: Resources): readonly LimitFile[] {
  const swap = memorySwap === undefined || memorySwap < 0 ? memorySwap : memorySwap - (memory ?? 0);
  return [
    ...one("memory", "memory.max", "memory", memory, unlimited(memory)),
    ...one("memory", "memory.swap.max", "memory-swap", memorySwap, unlimited(swap)),
  ];
}

function cpuV1({ cpuShares, cpuPeriod, cpuQuota }: Resources): readonly LimitFile[] {
  return [
    ...one("cpu", "cpu.shares", "cpu-shares", cpuShares),
    ...one("cpu", "cpu.cfs_period_us", "cpu-period", cpuPeriod),
    ...one("cpu", "cpu.cfs_quota_us", "cpu-quota", cpuQuota),
  ];
}

const DEFAULT_PERIOD = 100_000;

function cpuV2({ cpuShares, cpuPeriod, cpuQuota }: Resources): readonly LimitFile[] {
  const weight = cpuShares === undefined ? undefined : String(weightOf(cpuShares));
  const bandwidth = `${unlimited(cpuQuota) ?? "max"} ${cpuPeriod ?? DEFAULT_PERIOD}`;
  return [
    ...one("cpu", "cpu.weight", "cpu-shares", cpuShares, weight),
    ...(cpuQuota === undefined
      ? one("cpu", "cpu.max", "cpu-period", cpuPeriod, bandwidth)
      : one("cpu", "cpu.max", "cpu-quota", cpuQuota, bandwidth)),
  ];
}

/** Shares of 2 to 262144 on the scale of weights, 1 to 10000 (as runtimes convert them). */
function weightOf(shares: number): number {
  const bounded = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((bounded - 2) * 9999) / 262_142);
}

function unlimited(value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  return value < 0 ? "max" : String(value);
}

function one(
  controller: Controller,
  file: string,
  name: string,
  asked: string | number | undefined,
  value = String(asked),
): readonly LimitFile[] {
  return asked === undefined ? [] : [{ controller, file, value, limit: `${name}=${asked}` }];
}
