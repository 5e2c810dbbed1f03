import { resolve } from "node:path";
import type { PlannedMount } from "../preflight/container-files.ts";
import type { PreflightOptions } from "./preflight-options.ts";

/** The mounts of a command line, looked at and not made: `source:target[:options]`, and empty folders in memory. */
export function plannedMounts(options: PreflightOptions, cwd: string): readonly PlannedMount[] {
  return [
    ...(options.volumes ?? []).flatMap((volume): PlannedMount[] => {
      const [source = "", target, flags = ""] = volume.split(":");
      if (target === undefined) return [];
      const readOnly = flags.split(",").includes("ro");
      return [{ target, readOnly, from: { kind: "host", path: resolve(cwd, source) } }];
    }),
    ...(options.tmpfs ?? []).map(
      (target): PlannedMount => ({
        target: target.split(":", 1)[0]!,
        readOnly: false,
        from: { kind: "tmpfs" },
      }),
    ),
  ];
}
