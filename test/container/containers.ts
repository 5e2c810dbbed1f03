import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openNames } from "../../src/container/container-names.ts";
import { ContainerFolder } from "../../src/container/container-record.ts";
import { readLog } from "../../src/container/log-reader.ts";
import type { Workshop } from "../api/workshop.ts";

/** Document of `slipway inspect`, as far as tests look at it. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly Error: string;
    readonly StartedAt: string;
    readonly Health?: {
      readonly Status: string;
      readonly FailingStreak: number;
      readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
    };
  };
}

/** Waits until a container is as wanted; the test's own time limit ends a wait that leads nowhere. */
export async function untilContainer(
  shop: Workshop,
  name: string,
  isSo: (container: Inspected) => boolean,
): Promise<Inspected> {
  for (;;) {
    const before = stateText(shop, name);
    const container = (await shop.inspect(name)) as Inspected;
    if (isSo(container)) return container;
    // Asking takes a process: worth it where something is new, and now and then, for a monitor that was killed writes nothing.
    for (let looks = 0; looks < 25 && stateText(shop, name) === before; looks++) await pause(20);
  }
}

function stateText(shop: Workshop, name: string): string | undefined {
  try {
    return readFileSync(folderOf(shop, name).state, "utf8");
  } catch {
    return undefined;
  }
}

function folderOf(shop: Workshop, name: string): ContainerFolder {
  const containers = join(shop.home, "containers");
  const id = openNames(join(containers, "names"), () => true).idOf(name) ?? name;
  return new ContainerFolder(join(containers, id));
}

/** Starts a container in the background and gives its id. */
export async function detached(shop: Workshop, ...args: readonly string[]): Promise<string> {
  const { stdout } = await shop.succeed(["run", "-d", ...args]);
  return stdout.trim();
}

/** Does nothing until a signal is trapped, without a process started ever again. */
export const IDLES = "sleep 10000 & wait";

/** A shell line that ends at once when it is asked to. */
export const WAITS = ["sh", "-c", `trap 'exit 0' TERM; echo ready; ${IDLES}`] as const;

/** Starts one of those in the background, and waits until it is ready to be asked. Gives its id. */
export async function waiting(shop: Workshop, ...flags: readonly string[]): Promise<string> {
  const id = await detached(shop, ...flags, ...WAITS);
  await untilLogged(shop, id, "ready");
  return id;
}

/** Waits until the container's log has the text. */
export async function untilLogged(shop: Workshop, name: string, text: string): Promise<void> {
  while (!(await logOf(shop, name)).includes(text)) await pause(10);
}

async function logOf(shop: Workshop, name: string): Promise<string> {
  const folder = folderOf(shop, name).log;
  if (!existsSync(folder)) return "";
  const lines: string[] = [];
  for await (const { log } of readLog(folder, {}, () => false)) lines.push(log);
  return lines.join("");
}

/** The process that looks after a container. */
export function monitorOf(home: string, id: string): number {
  const state = JSON.parse(readFileSync(join(home, "containers", id, "state.json"), "utf8"));
  return Number(state.monitor.split("-")[0]);
}

/** Kills the process that looks after a container that runs, and waits until both are gone. */
export async function killMonitor(shop: Workshop, id: string): Promise<void> {
  const { State } = await untilContainer(shop, id, ({ State }) => State.Running);
  const monitor = monitorOf(shop.home, id);
  process.kill(monitor, "SIGKILL");
  await untilGone(State.Pid);
  await untilGone(monitor);
}

export async function untilGone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await pause(20);
}

/** A record of a container that is never started. */
export const DRAFT = {
  created: new Date(0).toISOString(),
  image: {
    name: "busybox",
    id: `sha256:${"0".repeat(64)}`,
    manifest: {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: `sha256:${"0".repeat(64)}`,
      size: 1,
    },
    config: {},
  },
  cwd: "/",
  mounts: [],
} as const;
