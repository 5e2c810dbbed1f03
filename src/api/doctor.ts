import { readFileSync } from "node:fs";
import { release } from "node:os";
import { formatPlatform, hostPlatform } from "../core/platform.ts";
import { limitableControllers } from "../runtime/cgroup/container-cgroup.ts";
import { installedDrivers } from "../runtime/drivers.ts";
import { probeOverlay } from "../snapshot/probe-overlay.ts";
import { findTool, runProcess, toolPath } from "../sys/process.ts";
import type { Environment } from "./environment.ts";
import { withSession } from "./images.ts";
import type { Session } from "./session.ts";
import { tryUserNamespace } from "./user-namespace.ts";

/** One thing that was looked at. */
export interface Fact {
  readonly name: string;
  readonly ok: boolean;
  readonly value: string;
}

/** What this machine can do (for `slipway doctor`). */
export interface Diagnosis {
  readonly facts: readonly Fact[];
  /** What to install or set for a better result, the most important first. */
  readonly advice: readonly string[];
  /** RUN steps and containers work. */
  readonly canRun: boolean;
  /** The tool that will start containers. */
  readonly driver?: string;
}

/** Tools beside the runtimes, with what lacks without them. */
const TOOLS: readonly (readonly [tool: string, debianPackage: string, need: string])[] = [
  ["unshare", "util-linux", "RUN steps and containers"],
  ["setpriv", "util-linux", "ending containers when slipway is killed"],
  ["pasta", "passt", "private networks of containers"],
  ["git", "git", "git contexts and ADD from git repositories"],
  ["mmdebstrap", "mmdebstrap", "slipway bootstrap"],
];

type Namespace = Awaited<ReturnType<typeof tryUserNamespace>>;

/** Looks at the machine; overlayfs is really tried. Nothing is changed. */
export function diagnose(environment: Environment): Promise<Diagnosis> {
  return withSession(environment, async (session) => {
    const isRoot = session.privilege.kind !== "user";
    const namespace = isRoot ? { available: true, reason: "" } : await tryUserNamespace(environment);
    const overlay = await tryOverlay(session, namespace.available);
    const drivers = installedDrivers(environment.path);
    const driver = drivers[0];
    const versions = await Promise.all(
      drivers.map(async ({ name, program }) => `${name} ${await versionOf(program, environment)}`),
    );
    const foreign = await session.foreignPrograms.all();
    const tools = TOOLS.map(([tool]) => findTool(tool, environment.path));
    const facts: Fact[] = [
      { name: "kernel", ok: process.platform === "linux", value: `${process.platform} ${release()}` },
      {
        name: "user",
        ok: isRoot || namespace.available,
        value: isRoot ? "root" : userText(environment.uid, namespace),
      },
      {
        name: "overlayfs",
        ok: overlay.usable,
        value: overlay.usable ? "usable" : (overlay.reason ?? "not usable"),
      },
      { name: "cgroups", ok: true, value: cgroups() },
      limitsFact(),
      foreignFact(foreign),
      {
        name: "runtimes",
        ok: driver !== undefined && driver.name !== "unshare",
        value: versions.join(", ") || "none",
      },
      { name: "used for RUN", ok: driver !== undefined, value: driver?.name ?? "nothing" },
      ...TOOLS.map(
        ([name, , need], i): Fact => ({
          name,
          ok: tools[i] !== undefined,
          value: tools[i] ?? `missing: needed for ${need}`,
        }),
      ),
      { name: "store", ok: true, value: environment.home },
    ];
    const canRun =
      driver !== undefined && overlay.usable && (isRoot || namespace.available) && tools[0] !== undefined;
    return {
      facts,
      advice: adviceFor({ driver: driver?.name, isRoot, namespace, overlay, tools, foreign }),
      canRun,
      ...(driver ? { driver: driver.name } : {}),
    };
  });
}

function adviceFor(found: {
  readonly driver: string | undefined;
  readonly isRoot: boolean;
  readonly namespace: Namespace;
  readonly overlay: { readonly usable: boolean; readonly reason?: string };
  readonly tools: readonly (string | undefined)[];
  readonly foreign: readonly string[];
}): string[] {
  const advice: string[] = [];
  if (!found.isRoot && !found.namespace.available)
    advice.push(`RUN does not work for this user: ${found.namespace.reason}`);
  if (!found.overlay.usable)
    advice.push(
      `RUN does not work in this store: ${found.overlay.reason ?? "overlayfs cannot be mounted"}. Put SLIPWAY_HOME on a local disk with ext4 or xfs.`,
    );
  if (found.driver === undefined || found.driver === "unshare")
    advice.push(
      "install crun (Debian package crun): with util-linux alone containers have no seccomp filter and no masked paths",
    );
  else if (found.driver === "runc")
    advice.push("install crun (Debian package crun): it starts a step in half the time of runc");
  for (const [i, [tool, debianPackage, need]] of TOOLS.entries())
    if (found.tools[i] === undefined)
      advice.push(`install ${tool} (Debian package ${debianPackage}) for ${need}`);
  const other = hostPlatform().architecture === "arm64" ? "amd64" : "arm64";
  if (!found.foreign.includes(other))
    advice.push(
      `for RUN steps of other platforms (linux/${other} …) install the Debian packages qemu-user-static and binfmt-support`,
    );
  return advice;
}

/** An ordinary user mounts only inside a user namespace, which is not entered for a look. */
async function tryOverlay(
  { store, privilege, environment }: Session,
  namespace: boolean,
): Promise<{ usable: boolean; reason?: string }> {
  if (privilege.form.kind === "portable") return overlayListed(namespace);
  const scratch = store.temp.directory("probe");
  try {
    return await probeOverlay({
      scratch,
      path: environment.path,
      xattrPrefix: privilege.form.overlayXattrPrefix,
    });
  } finally {
    await store.temp.remove(scratch);
  }
}

function overlayListed(namespace: boolean): { usable: boolean; reason?: string } {
  if (!namespace) return { usable: false, reason: "an ordinary user needs a user namespace for it" };
  return /\boverlay\b/.test(read("/proc/filesystems"))
    ? { usable: true }
    : { usable: false, reason: "the kernel does not list overlay in /proc/filesystems" };
}

function userText(uid: number, { available, reason }: Namespace): string {
  return available
    ? `ordinary user ${uid}; works inside a user namespace`
    : `ordinary user ${uid}; no user namespace: ${reason}`;
}

/** Platforms beside our own for which RUN works. */
function foreignFact(architectures: readonly string[]): Fact {
  const names = architectures.map((architecture) => formatPlatform({ os: "linux", architecture }));
  return {
    name: "foreign platforms",
    ok: names.length > 0,
    value: names.join(", ") || "none: RUN works for this machine's platform only",
  };
}

/** What `--memory` and its kin can do here; without it they are ignored with a warning. */
function limitsFact(): Fact {
  const { controllers, reason } = limitableControllers();
  const enforced = controllers.join(", ") || "none";
  return {
    name: "limits",
    ok: reason === undefined,
    value: reason === undefined ? enforced : `${enforced}: ${reason}`,
  };
}

function cgroups(): string {
  const mounts = read("/proc/self/mounts");
  if (/ \/sys\/fs\/cgroup cgroup2 /.test(mounts)) return "version 2";
  return / cgroup2 /.test(mounts)
    ? "hybrid (containers get a version 2 hierarchy of their own)"
    : "version 1";
}

async function versionOf(program: string, { path }: Environment): Promise<string> {
  const { stdout } = await runProcess([program, "--version"], {
    env: { PATH: toolPath(path) },
    timeoutMs: 5000,
  });
  return /\d+(\.\d+)+/.exec(stdout.toString("utf8"))?.[0] ?? "of unknown version";
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
