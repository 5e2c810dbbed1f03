import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isSlipwayError } from "../core/errors.ts";
import { runProcess, toolPath } from "../sys/process.ts";
import { type OverlayXattrPrefix, prepareOverlay } from "./overlay.ts";

export interface OverlaySupport {
  readonly usable: boolean;
  /** Whether the kernel takes the option `volatile`. */
  readonly volatile: boolean;
  /** Why it is not usable, in the words of the tool that failed. */
  readonly reason?: string;
}

export interface OverlayProbe {
  /** A folder on the disk of the store. */
  readonly scratch: string;
  /** A PATH value. */
  readonly path: string;
  readonly xattrPrefix: OverlayXattrPrefix;
}

/** Finds out by mounting whether root filesystems can be overlays here. Leaves nothing behind. */
export async function probeOverlay(probe: OverlayProbe): Promise<OverlaySupport> {
  if ((await tryMount(probe, true)) === undefined) return { usable: true, volatile: true };
  const reason = await tryMount(probe, false);
  return reason === undefined
    ? { usable: true, volatile: false }
    : { usable: false, volatile: false, reason };
}

/** Gives what went wrong, or undefined. Writing, not only mounting, is tried: some file systems refuse only that. */
async function tryMount(probe: OverlayProbe, volatile: boolean): Promise<string | undefined> {
  const scratch = mkdtempSync(join(probe.scratch, "overlay-probe-"));
  try {
    const { xattrPrefix } = probe;
    const stubs = [{ path: "d", type: "dir" as const }];
    const rootfs = await prepareOverlay({ lowers: [], scratch, stubs, xattrPrefix, volatile });
    const script = [...rootfs.mountScript, "mkdir ../merged/d/e", "rmdir ../merged/d/e ../merged/d"];
    const result = await runProcess(
      ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script.join("\n")],
      {
        env: { PATH: toolPath(probe.path), LIBMOUNT_FORCE_MOUNT2: "always", LC_ALL: "C" },
        timeoutMs: 20_000,
      },
    );
    if (result.exitCode === 0) return undefined;
    return result.stderr.toString().trim().split("\n")[0] || `exit code ${result.exitCode}`;
  } catch (error) {
    if (isSlipwayError(error)) return error.message;
    throw error;
  } finally {
    // A mounted overlay leaves a work directory of mode 0000.
    rmSync(scratch, { recursive: true, force: true });
  }
}
