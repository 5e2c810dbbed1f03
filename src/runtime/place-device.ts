import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { majorOf, minorOf } from "../snapshot/device-number.ts";
import { quote } from "../snapshot/rootfs.ts";
import type { DeviceNode } from "./cdi/device-edits.ts";
import type { Privilege } from "./request.ts";

/**
 * Where a device file is that can be bound into a container. Root makes a new one, so that what the container does to its mode and owner
 * does not reach the machine's; in a user namespace nobody can make any, and the machine's own is shown. Throws
 * `RUNTIME_UNAVAILABLE` where the machine has none.
 */
export function placeDevice(
  node: DeviceNode,
  place: string,
  { userNamespace }: Privilege,
): { readonly source: string; readonly script: readonly string[] } {
  const known = describe(node);
  if (userNamespace) return { source: node.hostPath, script: [] };
  mkdirSync(place, { mode: 0o755 });
  const source = join(place, "device");
  const numbers = known.type === "p" ? "" : ` ${known.major} ${known.minor}`;
  return {
    source,
    script: [
      `mount -n -t tmpfs -o size=64k,mode=0755,nosuid,noexec tmpfs ${quote(place)}`,
      `mknod ${quote(source)} ${known.type}${numbers}`,
      `chown ${known.uid}:${known.gid} ${quote(source)}`,
      `chmod ${known.mode.toString(8)} ${quote(source)}`,
    ],
  };
}

/** What the description leaves out is as the machine has it. */
function describe(node: DeviceNode): Required<Omit<DeviceNode, "path" | "hostPath">> {
  const stat = statSync(node.hostPath, { bigint: true, throwIfNoEntry: false });
  const own = stat && {
    type: stat.isBlockDevice() ? ("b" as const) : stat.isFIFO() ? ("p" as const) : ("c" as const),
    major: majorOf(stat.rdev),
    minor: minorOf(stat.rdev),
    mode: Number(stat.mode & 0o777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  };
  if (stat && !stat.isBlockDevice() && !stat.isCharacterDevice() && !stat.isFIFO())
    throw unavailable(`${node.hostPath} is no device file`);
  const type = node.type ?? own?.type;
  const major = node.major ?? own?.major;
  const minor = node.minor ?? own?.minor;
  if (type === undefined || (type !== "p" && (major === undefined || minor === undefined)))
    throw unavailable(`there is no device ${node.hostPath}`);
  return {
    type,
    major: major ?? 0,
    minor: minor ?? 0,
    mode: (node.mode ?? own?.mode ?? 0o666) & 0o777,
    uid: node.uid ?? own?.uid ?? 0,
    gid: node.gid ?? own?.gid ?? 0,
  };
}

function unavailable(message: string): SlipwayError<"RUNTIME_UNAVAILABLE"> {
  return new SlipwayError("RUNTIME_UNAVAILABLE", message, { hint: "check the machine's CDI specification" });
}
