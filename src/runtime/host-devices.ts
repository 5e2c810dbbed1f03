import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { majorOf, minorOf } from "../snapshot/device-number.ts";

/** A device of the machine, in the form of the OCI runtime specification. */
export interface HostDevice {
  readonly path: string;
  readonly type: "c" | "b";
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Directories of /dev that containers have of their own. */
const OWN = new Set(["pts", "shm", "mqueue", "fd"]);

/** Every device file below /dev, for `--security=insecure` (SPEC RX-02). */
export function hostDevices(folder = "/dev"): readonly HostDevice[] {
  const devices: HostDevice[] = [];
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    if (item.isDirectory()) {
      if (!OWN.has(item.name)) devices.push(...hostDevices(path));
    } else if (item.isCharacterDevice() || item.isBlockDevice()) {
      const device = describe(path);
      if (device) devices.push(device);
    }
  }
  return devices;
}

function describe(path: string): HostDevice | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  // The terminal of a container is its own console.
  if (!stat || path === "/dev/console" || path === "/dev/ptmx") return undefined;
  return {
    path,
    type: stat.isBlockDevice() ? "b" : "c",
    major: majorOf(stat.rdev),
    minor: minorOf(stat.rdev),
    fileMode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  };
}
