import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  hierarchyOf,
  limitableControllers,
  ownHierarchies,
} from "../../src/runtime/cgroup/container-cgroup.ts";
import { type Hierarchy, readHierarchies } from "../../src/runtime/cgroup/hierarchies.ts";
import { limitFiles } from "../../src/runtime/cgroup/limit-files.ts";
import { currentOwner } from "../../src/store/owner.ts";
import { makeFolder } from "../support/folders.ts";
import { runScene, type Scene, type SceneResult, sh, writeBusybox } from "./containers.ts";

const MIB = 1024 * 1024;

describe("readHierarchies", () => {
  const cgroup = "4:memory:/user/a b\n3:cpu,cpuacct:/\n1:name=systemd:/x\n0::/session\n";

  it("finds version 1 controllers, the version 2 tree and our own place in each", () => {
    const mountinfo = [
      "22 27 0:21 / /proc rw,relatime - proc proc rw",
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory",
      "36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,xattr,cpuacct,cpu",
      "37 31 0:34 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
      "38 31 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate",
      "39 31 0:35 / /other/unified rw - cgroup2 cgroup2 rw",
    ].join("\n");
    expect(readHierarchies(mountinfo, cgroup)).toEqual([
      {
        version: 1,
        controllers: ["memory"],
        top: "/sys/fs/cgroup/memory",
        own: "/sys/fs/cgroup/memory/user/a b",
      },
      {
        version: 1,
        controllers: ["cpu", "cpuacct"],
        top: "/sys/fs/cgroup/cpu,cpuacct",
        own: "/sys/fs/cgroup/cpu,cpuacct",
      },
      { version: 1, controllers: [], top: "/sys/fs/cgroup/systemd", own: "/sys/fs/cgroup/systemd/x" },
      {
        version: 2,
        controllers: [],
        top: "/sys/fs/cgroup/unified",
        own: "/sys/fs/cgroup/unified/session",
      },
    ]);
  });

  it("sees a mount of a part of the tree from there, and none that does not hold our place", () => {
    const mount = (root: string) =>
      `35 31 0:32 ${root} /sys/fs/cgroup/mem\\040ory rw - cgroup cgroup rw,memory`;
    expect(readHierarchies(mount("/user"), cgroup)[0]).toMatchObject({
      top: "/sys/fs/cgroup/mem ory",
      own: "/sys/fs/cgroup/mem ory/a b",
    });
    expect(readHierarchies(mount("/user/a\\040b"), cgroup)[0]).toMatchObject({
      own: "/sys/fs/cgroup/mem ory",
    });
    expect(readHierarchies(mount("/use"), cgroup)).toEqual([]);
    expect(readHierarchies(mount("/"), "4:memory:/../other\n")).toEqual([]);
  });
});

describe("limitFiles", () => {
  const resources = {
    memory: 64 * MIB,
    memorySwap: 96 * MIB,
    cpuShares: 512,
    cpuPeriod: 50_000,
    cpuQuota: 25_000,
    cpusetCpus: "0-1",
    cpusetMems: "0",
    pidsLimit: 20,
  };
  const written = (asked: Parameters<typeof limitFiles>[0], version: 1 | 2) =>
    limitFiles(asked, () => version).map(({ file, value }) => `${file} ${value}`);

  it("RN-11: version 1 takes the values as they are", () => {
    expect(written(resources, 1)).toEqual([
      "memory.limit_in_bytes 67108864",
      "memory.memsw.limit_in_bytes 100663296",
      "cpu.shares 512",
      "cpu.cfs_period_us 50000",
      "cpu.cfs_quota_us 25000",
      "cpuset.cpus 0-1",
      "cpuset.mems 0",
      "pids.max 20",
    ]);
  });

  it("RN-11: version 2 has swap alone, weights and one file for quota and period", () => {
    expect(written(resources, 2)).toEqual([
      "memory.max 67108864",
      "memory.swap.max 33554432",
      "cpu.weight 20",
      "cpu.max 25000 50000",
      "cpuset.cpus 0-1",
      "cpuset.mems 0",
      "pids.max 20",
    ]);
    expect(written({ memory: MIB, memorySwap: -1, cpuQuota: -1, pidsLimit: -1 }, 2)).toEqual([
      "memory.max 1048576",
      "memory.swap.max max",
      "cpu.max max 100000",
      "pids.max max",
    ]);
    expect(written({ cpuPeriod: 20_000 }, 2)).toEqual(["cpu.max max 20000"]);
    expect(written({ cpuShares: 2 }, 2)).toEqual(["cpu.weight 1"]);
    expect(written({ cpuShares: 262_144 }, 2)).toEqual(["cpu.weight 10000"]);
  });

  it("asks for nothing where nothing is limited", () => {
    expect(written({}, 1)).toEqual([]);
    expect(written({}, 2)).toEqual([]);
  });
});

const { controllers, reason } = limitableControllers();
const canLimit =
  process.geteuid?.() === 0 &&
  (["memory", "cpu", "pids"] as const).every((name) => controllers.includes(name));
/** A kernel for one processor has none to choose. */
const choice = controllers.includes("cpuset") ? { cpusetCpus: "0", cpusetMems: "0" } : {};
const hasChoice = "cpusetCpus" in choice;
if (!canLimit) console.warn(`tests of real limits are skipped: ${reason ?? "they need root"}`);

const folder = makeFolder();
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(folder.path)];
});
afterAll(folder.remove);

/** Every folder where groups of containers may be. */
function places(hierarchies: readonly Hierarchy[]): readonly string[] {
  return [...new Set(hierarchies.flatMap(({ top, own }) => [top, own]))];
}

const starting = (count: number) =>
  `n=0; while [ $n -lt ${count} ]; do sleep 1000 >/dev/null 2>&1 & n=$((n+1)); done; echo all`;

function leftovers(): readonly string[] {
  const mine = `slipway-${currentOwner()}`;
  return places(ownHierarchies()).flatMap((place) =>
    readdirSync(place).filter((name) => name.startsWith(mine)),
  );
}

describe.runIf(canLimit).each(["crun", "runc", "unshare"])("limits with %s", (driver) => {
  const run = (scene: Omit<Scene, "lowers">): Promise<SceneResult> =>
    runScene({ lowers, ...scene, options: { driver, ...scene.options } });

  /** What the kernel says of the container's group, seen from outside while it runs. */
  async function controlsDuring(
    scene: Omit<Scene, "lowers">,
    wanted: Readonly<Record<string, readonly string[]>>,
  ) {
    const seen: Record<string, string> = {};
    const controller = new AbortController();
    const result = run({
      ...scene,
      argv: sh("echo up; trap exit TERM; while :; do sleep 0.02; done"),
      options: {
        signal: controller.signal,
        onOutput: () => {
          for (const [name, files] of Object.entries(wanted)) {
            const { own, top } = hierarchyOf(name as "memory", ownHierarchies())!;
            const group = [own, top]
              .flatMap((place) => readdirSync(place).map((item) => join(place, item)))
              .find((path) => path.includes(`slipway-${currentOwner()}`))!;
            for (const file of files)
              if (existsSync(join(group, file)))
                seen[file] = readFileSync(join(group, file), "latin1").trim();
          }
          controller.abort();
        },
      },
    });
    await expect(result).rejects.toMatchObject({ code: "CANCELLED" });
    return seen;
  }

  it("RN-11: memory, shares, period, quota, processors and nodes are set, and nothing is left behind", async () => {
    const seen = await controlsDuring(
      {
        resources: {
          memory: 64 * MIB,
          cpuShares: 512,
          cpuPeriod: 50_000,
          cpuQuota: 25_000,
          ...choice,
        },
      },
      {
        memory: ["memory.limit_in_bytes", "memory.max"],
        cpu: ["cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.weight", "cpu.max"],
        ...(hasChoice ? { cpuset: ["cpuset.cpus", "cpuset.mems"] } : {}),
      },
    );
    const version1 = {
      "memory.limit_in_bytes": "67108864",
      "cpu.shares": "512",
      "cpu.cfs_quota_us": "25000",
      "cpu.cfs_period_us": "50000",
    };
    const version2 = { "memory.max": "67108864", "cpu.weight": "20", "cpu.max": "25000 50000" };
    const { version } = hierarchyOf("memory", ownHierarchies())!;
    expect(seen).toEqual({
      ...(version === 1 ? version1 : version2),
      ...(hasChoice ? { "cpuset.cpus": "0", "cpuset.mems": "0" } : {}),
    });
    expect(leftovers()).toEqual([]);
  });

  it("RN-11: the container's processes are held to them", async () => {
    const { stdout } = await run({
      argv: sh("grep Cpus_allowed_list /proc/self/status; cat /proc/self/cgroup | grep -E ':(memory)?:/'"),
      resources: { ...choice, memory: 64 * MIB },
    });
    const [processors, ...groups] = stdout.trim().split("\n");
    if (hasChoice) expect(processors).toBe("Cpus_allowed_list:\t0");
    // Its own group is all that it sees of the tree.
    for (const line of groups) expect(line).toMatch(/:\/$/);
  });

  it("a container that needs more memory than it may have is told to have run out of it", async () => {
    const { exitCode, oom } = await run({
      argv: sh("x=0123456789abcdef; while :; do x=$x$x; done"),
      resources: { memory: 48 * MIB, memorySwap: 48 * MIB },
    });
    expect(exitCode).toBe(137);
    expect(oom).toEqual({ whose: "container", limit: 48 * MIB });
    expect(leftovers()).toEqual([]);
  });

  it("so is one of which only a child was killed, whatever its own exit code", async () => {
    const hungry = "sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'";
    const { exitCode, oom } = await run({
      argv: sh(`${hungry} || exit 2`),
      resources: { memory: 48 * MIB, memorySwap: 48 * MIB },
    });
    expect(exitCode).toBe(2);
    expect(oom).toEqual({ whose: "container", limit: 48 * MIB });
  });

  it("nothing is said of memory where a process was killed otherwise, or all went well", async () => {
    expect((await run({ argv: sh("kill -9 $$"), resources: { memory: 48 * MIB } })).oom).toBeUndefined();
    expect((await run({ argv: ["true"], resources: { memory: 48 * MIB } })).oom).toBeUndefined();
  });

  it("processes beyond the limit cannot be started", async () => {
    const few = await run({ argv: sh(starting(20)), resources: { pidsLimit: 8 } });
    expect([few.stdout, few.stderr]).toEqual(["", expect.stringContaining("can't fork")]);
    expect((await run({ argv: sh(starting(20)), resources: { pidsLimit: 60 } })).stdout).toBe("all\n");
  });

  it("RN-11: a value that the kernel refuses is an error that names it", async () => {
    await expect(run({ resources: { cpuPeriod: 5 } })).rejects.toMatchObject({
      code: "LIMIT_REFUSED",
      message: expect.stringContaining("cpu-period=5"),
    });
    expect(leftovers()).toEqual([]);
  });

  it("RN-11: a parent's limits hold", async () => {
    const hierarchy = hierarchyOf("pids", ownHierarchies())!;
    const name = `test-parent-${process.pid}`;
    const parents = ownHierarchies().map(({ top }) => join(top, name));
    onTestFinished(() => {
      for (const path of parents) if (existsSync(path)) rmdirSync(path);
    });
    mkdirSync(join(hierarchy.top, name));
    writeFileSync(join(hierarchy.top, name, "pids.max"), "30");
    const { stdout, stderr } = await run({ argv: sh(starting(40)), cgroupParent: `/${name}` });
    expect([stdout, stderr]).toEqual(["", expect.stringContaining("can't fork")]);
    expect(leftovers()).toEqual([]);
    expect(readdirSync(join(hierarchy.top, name)).filter((item) => item.startsWith("slipway-"))).toEqual([]);
  });
});

describe.runIf(canLimit)("leftovers", () => {
  it("of a process that was killed are swept by the next container with limits", async () => {
    const { own, top } = hierarchyOf("memory", ownHierarchies())!;
    const place = hierarchyOf("memory", ownHierarchies())!.version === 1 ? own : top;
    const dead = currentOwner().replace(/^\d+-\d+/, "999999-1");
    const stale = join(place, `slipway-${dead}-0123456789ab`);
    const alive = join(place, `slipway-${currentOwner()}-ffffffffffff`);
    mkdirSync(stale);
    mkdirSync(join(stale, "inner"));
    mkdirSync(alive);
    onTestFinished(() => rmdirSync(alive));
    await runScene({ lowers, argv: ["true"], resources: { memory: 64 * MIB } });
    expect([existsSync(stale), existsSync(alive)]).toEqual([false, true]);
  });
});
