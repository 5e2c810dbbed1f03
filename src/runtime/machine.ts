import { lstatSync, readdirSync, readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { CAPABILITIES } from "./capabilities.ts";
import type { HostDevice } from "./spec.ts";

const CGROUP2_MAGIC = 0x63677270;

/** Whether /sys/fs/cgroup is a plain cgroup2 ("unified"), as opposed to version 1 or a mix of both. */
export function hasPlainCgroup2(): boolean {
  try {
    return statfsSync("/sys/fs/cgroup").type === CGROUP2_MAGIC;
  } catch {
    return false;
  }
}

/** Names of the capabilities in this process's bounding set: more than these it cannot give (capabilities(7)). */
export function boundingCapabilities(): readonly string[] {
  const line = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"));
  const set = BigInt(`0x${line?.[1] ?? "0"}`);
  return CAPABILITIES.filter((_, number) => (set >> BigInt(number)) & 1n);
}

/** Folders of /dev that are file systems of their own, which a container gets new ones of. */
const OWN_FILE_SYSTEMS = ["pts", "shm", "mqueue", "hugepages"];

/** The machine's device nodes. */
export function hostDevices(folder = "/dev"): readonly HostDevice[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return OWN_FILE_SYSTEMS.includes(entry.name) ? [] : hostDevices(path);
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
    const { rdev, mode, uid, gid } = lstatSync(path);
    const type = entry.isBlockDevice() ? "b" : "c";
    return [{ path, type, ...deviceNumbers(rdev), mode: mode & 0o7777, uid, gid }];
  });
}

/** Linux's dev_t as far as a number holds it (gnu_dev_major, gnu_dev_minor). */
function deviceNumbers(device: number): { major: number; minor: number } {
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((device >>> 12) & 0xfff00) };
}
