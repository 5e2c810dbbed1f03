import { readlinkSync } from "node:fs";
import { CleanupScope } from "../../core/cleanup-scope.ts";
import { SlipwayError } from "../../core/errors.ts";
import { quote } from "../../snapshot/rootfs.ts";
import { findTool, spawnProcess, toolPath } from "../../sys/process.ts";
import { childrenOf } from "../../sys/process-tree.ts";
import type { BoundPort } from "./published-port.ts";
import { UPLINK } from "./subnet.ts";

/** A network namespace that is connected to the outside. It ends when it is closed, and with the process that made it. */
export interface Uplink {
  /** A process that is in the namespace. */
  readonly process: number;
  /** Path of the namespace. */
  readonly namespace: string;
  close(): Promise<void>;
}

export interface UplinkRequest {
  readonly pasta: string;
  readonly ports: readonly BoundPort[];
  /** A path where nothing is yet. */
  readonly place: string;
  /** PATH for tools. */
  readonly path: string;
}

const READY = "ready";
const INTERFACE = "uplink0";

/**
 * Makes a network namespace and connects it by pasta, which translates between it and ordinary sockets of this machine: no interface, rule
 * or route of the machine's changes. All of it is below a process namespace whose first process ends when our end of its input is
 * closed, so that nothing outlives us. Throws `NETWORK_FAILED`, `PORT_TAKEN`.
 */
export async function openUplink({ pasta, ports, place, path }: UplinkRequest): Promise<Uplink> {
  const scope = new CleanupScope();
  try {
    const setpriv = findTool("setpriv", path);
    const said: Buffer[] = [];
    let heard = "";
    const child = spawnProcess(
      [
        ...(setpriv ? [setpriv, "--pdeathsig", "KILL"] : []),
        ...[
          "unshare",
          "--mount",
          "--propagation",
          "private",
          "--pid",
          "--fork",
          "--kill-child",
          "--mount-proc",
        ],
        ...["sh", "-c", script(pasta, ports, place)],
      ],
      {
        env: { PATH: toolPath(path), LC_ALL: "C" },
        stdio: ["pipe", "pipe", "pipe"],
        streamStdout: true,
        onStderr: (chunk) => said.push(chunk),
      },
    );
    child.done.catch(() => {});
    scope.defer(async () => {
      child.stdin?.end();
      child.kill("SIGKILL");
      child.stdout?.destroy();
      await child.done.catch(() => {});
    });
    const isReady = await new Promise<boolean>((resolve) => {
      child.stdout?.on("data", (chunk: Buffer) => {
        heard += chunk.toString("latin1");
        if (heard.includes(READY)) resolve(true);
      });
      child.stdout?.once("end", () => resolve(false));
      child.done.then(
        () => resolve(false),
        () => resolve(false),
      );
    });
    const process = isReady ? heldProcess(child.pid) : undefined;
    if (process === undefined) throw failed(Buffer.concat(said).toString("utf8"));
    return { process, namespace: `/proc/${process}/ns/net`, close: () => scope.close() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

/**
 * The command substitution ends when its last writer lets go of the pipe, and that is when the namespace is there. pasta gives up the right
 * to look into other processes (ptrace(2)), without which it cannot open their namespaces, before it opens this one: so it is bound to
 * a file, which only this mount namespace sees.
 */
function script(pasta: string, ports: readonly BoundPort[], place: string): string {
  const hold = "echo $$; exec sleep infinity </dev/null >/dev/null 2>&1";
  return [
    "set -e",
    `held=$(unshare --net sh -c ${quote(hold)} &)`,
    `: > ${quote(place)}`,
    `mount -n --bind "/proc/$held/ns/net" ${quote(place)}`,
    `${[pasta, ...pastaOptions(ports), "--netns", place].map(quote).join(" ")} </dev/null >&2`,
    `echo ${READY}`,
    "exec cat >/dev/null",
  ].join("\n");
}

/** Nothing of the machine's loopback is shown: a container reaches no more than any other machine of the network would. */
function pastaOptions(ports: readonly BoundPort[]): readonly string[] {
  const forwards = ports.flatMap(({ ip, host, container, protocol }) => {
    const address = ip === "0.0.0.0" ? "" : `${ip}/`;
    return [protocol === "tcp" ? "-t" : "-u", `${address}${host}:${container}`];
  });
  const none = (["-t", "-u"] as const).filter((option) => !forwards.includes(option));
  return [
    ...["--config-net", "--ipv4-only", "--quiet", "--runas", "0:0"],
    ...["--address", UPLINK.address, "--netmask", String(UPLINK.prefix), "--gateway", UPLINK.gateway],
    ...["--ns-ifname", INTERFACE, "--dns-forward", UPLINK.resolver, "--no-map-gw"],
    ...["-T", "none", "-U", "none"],
    ...none.flatMap((option) => [option, "none"]),
    ...forwards,
  ];
}

/** The one below the first process of the process namespace that is in another network. */
function heldProcess(outer: number | undefined): number | undefined {
  const first = outer === undefined ? undefined : childrenOf(outer)[0];
  if (first === undefined) return undefined;
  const own = networkOf(first);
  return childrenOf(first).find((pid) => networkOf(pid) !== undefined && networkOf(pid) !== own);
}

function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function failed(text: string): SlipwayError<"NETWORK_FAILED" | "PORT_TAKEN"> {
  const said = text.trim().slice(-500);
  if (/failed to bind|address already in use/i.test(said))
    return new SlipwayError("PORT_TAKEN", `a port cannot be published: ${said}`, {
      hint: "stop what listens there, or publish at another port",
    });
  return new SlipwayError("NETWORK_FAILED", `the container could not be connected to the network: ${said}`, {
    hint: "pasta (package passt) needs /dev/net/tun and a connection of this machine; --network none needs neither",
  });
}
