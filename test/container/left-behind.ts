import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What a running container holds of this machine. */
export interface Held {
  readonly pid: number;
  readonly network: string;
  /** Folders of control groups that are its own. */
  readonly groups: readonly string[];
}

export function heldBy(pid: number): Held {
  return { pid, network: networkOf(pid), groups: ownGroups(pid) };
}

export const networkOf = (pid: number | "self"): string => readlinkSync(`/proc/${pid}/ns/net`);

/** Of control groups that the tests are in too, the container owns nothing. */
function ownGroups(pid: number): string[] {
  const shared = new Set(readFileSync("/proc/self/cgroup", "utf8").split("\n"));
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  return lines
    .filter((line) => line && !shared.has(line))
    .flatMap((line) => {
      const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      const tops = controllers ? [controllers.replace("name=", "")] : ["", "unified"];
      return tops.map((top) => join("/sys/fs/cgroup", top, path));
    })
    .filter(existsSync);
}

/**
 * What is still there of containers that are gone: a line for each thing. `home` is their store, and was given to each container in a
 * variable, by which its processes are known. A namespace that nothing is in and nothing is mounted on is gone; by its number it
 * could not be known, for the kernel gives numbers again.
 */
export function leftBehind(home: string, held: readonly Held[]): string[] {
  return [
    ...readdirSync("/proc").flatMap((pid) => (/^\d+$/.test(pid) ? processLeft(pid, home) : [])),
    ...readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(home)),
    ...held.flatMap(({ groups }) => groups.filter(existsSync)),
  ];
}

function processLeft(pid: string, home: string): string[] {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
    const variables = readFileSync(`/proc/${pid}/environ`, "latin1");
    return command.includes(home) || variables.includes(home) ? [`process ${pid}: ${command}`] : [];
  } catch {
    return [];
  }
}

/** All paths below a store, but for what one command keeps for the next. */
export function pathsOf(home: string): string[] {
  const kept = /^(compile-cache|filters|recall)\//;
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => !kept.test(path))
    .sort();
}
