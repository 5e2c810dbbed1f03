import { readFileSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { output } from "../measure/command.ts";
import type { Machine } from "./report.ts";

/** Facts about the machine that make times comparable, or not. */
export async function machineFacts(): Promise<Machine> {
  const argv = ["findmnt", "--noheadings", "--output=FSTYPE", `--target=${tmpdir()}`];
  const filesystem = await output({ argv });
  return {
    cpu: cpus()[0]?.model.trim() || processorFrom(readFileSync("/proc/cpuinfo", "utf8")),
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    filesystem: filesystem?.trim() ?? "unknown",
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
  };
}

function processorFrom(info: string): string {
  return /^model name\s*:\s*(.+)$/m.exec(info)?.[1] ?? process.arch;
}
