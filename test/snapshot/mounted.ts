import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rootfs } from "../../src/snapshot/rootfs.ts";
import { requireTool, runOrFail } from "../support/tools.ts";

/** Mounts a root filesystem in a private namespace, runs shell commands in its root, and gives what they wrote. */
export function inMounted(rootfs: Rootfs, scratch: string, script: string): Promise<string> {
  const file = join(scratch, "test.sh");
  const lines = ["set -e", ...rootfs.mountScript, `cd '${rootfs.merged}'`, script];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const unshare = requireTool("unshare");
  const env = { PATH: process.env.PATH ?? "", LC_ALL: "C", LIBMOUNT_FORCE_MOUNT2: "always" };
  return runOrFail(unshare, ["--mount", "--propagation", "private", "sh", file], { env });
}
