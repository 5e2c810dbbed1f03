import { rmSync } from "node:fs";
import { join } from "node:path";
import { SlipwayError } from "../../core/errors.ts";
import { findTool, runProcess, toolPath } from "../../sys/process.ts";

/** The bridge that connects containers; it lives in a namespace that has nothing else. */
export interface Bridge {
  /** Process in whose network namespace the bridge is. */
  readonly holder: number;
  /** `10.89.0.0/16` */
  readonly subnet: string;
  /** Where the plugin notes which address is whose. */
  readonly leases: string;
  /** Folder of the CNI plugins. */
  readonly plugins: string;
  /** PATH for tools. */
  readonly path: string;
}

export interface Attachment {
  readonly containerId: string;
  /** The container's network namespace; absent where it is gone. */
  readonly namespace?: string;
}

const NAME = "private";
export const BRIDGE_INTERFACE = "eth0";

/** Connects a container's namespace to the bridge (CNI specification 0.4.0, ADD). Gives its address. Throws `NETWORK_FAILED`. */
export async function attach(bridge: Bridge, attachment: Attachment): Promise<string> {
  const answer = await call(bridge, "ADD", attachment);
  const address = (JSON.parse(answer) as CniResult).ips?.[0]?.address?.split("/")[0];
  if (address) return address;
  throw new SlipwayError("NETWORK_FAILED", `the CNI plugin bridge gave no address: ${answer.slice(0, 200)}`);
}

/** Gives the address back (DEL). A failure is none of a container's that has ended. */
export async function detach(bridge: Bridge, attachment: Attachment): Promise<void> {
  await call(bridge, "DEL", attachment).catch(() => {});
}

/** Forgets whose address is whose: the bridge is a new one. */
export function forgetLeases({ leases }: Pick<Bridge, "leases">): void {
  rmSync(leases, { recursive: true, force: true });
}

interface CniResult {
  readonly ips?: readonly { readonly address?: string }[];
}

async function call(
  bridge: Bridge,
  command: "ADD" | "DEL",
  { containerId, namespace }: Attachment,
): Promise<string> {
  const { plugins, path, holder } = bridge;
  const nsenter = findTool("nsenter", path) ?? "nsenter";
  const argv = [nsenter, `--net=/proc/${holder}/ns/net`, "--", join(plugins, "bridge")];
  const { exitCode, stdout, stderr } = await runProcess(argv, {
    env: {
      PATH: toolPath(path),
      CNI_COMMAND: command,
      CNI_CONTAINERID: containerId,
      CNI_NETNS: namespace ?? "",
      CNI_IFNAME: BRIDGE_INTERFACE,
      CNI_PATH: plugins,
    },
    stdin: Buffer.from(JSON.stringify(configuration(bridge))),
    timeoutMs: 60_000,
  });
  if (exitCode === 0) return stdout.toString("utf8");
  throw new SlipwayError(
    "NETWORK_FAILED",
    `the container could not be connected to the bridge: ${reason(stdout, stderr)}`,
    {
      hint: "the CNI plugins are of the package containernetworking-plugins",
    },
  );
}

/** No gateway and no rules of a firewall: what is for the outside has a way of its own (`uplink.ts`). */
function configuration({ subnet, leases }: Bridge): object {
  return {
    cniVersion: "0.4.0",
    name: NAME,
    type: "bridge",
    bridge: "slipway0",
    isGateway: false,
    ipMasq: false,
    ipam: { type: "host-local", ranges: [[{ subnet }]], dataDir: leases },
  };
}

/** Plugins say what went wrong as JSON on standard output. */
function reason(stdout: Buffer, stderr: Buffer): string {
  const text = stdout.toString("utf8").trim();
  try {
    const { msg, details } = JSON.parse(text) as { readonly msg?: string; readonly details?: string };
    if (msg) return details ? `${msg}: ${details}` : msg;
  } catch {
    // It was none of theirs.
  }
  return (text || stderr.toString("utf8").trim()).slice(0, 500);
}
