import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STOPPED_EXIT_CODE = 130;

/** A folder that everybody may enter, for the length of `work`. It is gone afterwards, with what is mounted below it, also after a signal. */
export async function inWorkspace<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  chmodSync(folder, 0o755);
  const remove = () => removeTree(folder);
  const stop = () => process.exit(STOPPED_EXIT_CODE);
  process.once("exit", remove);
  process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
  try {
    return await work(folder);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop).off("SIGHUP", stop);
    process.off("exit", remove);
    remove();
  }
}

/** Removes a folder; builders leave overlays mounted in theirs. */
export function removeTree(folder: string): void {
  for (const point of mountedBelow(readFileSync("/proc/self/mountinfo", "utf8"), folder)) unmount(point);
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    removeMapped(folder);
  }
}

/** What an ordinary user's builds make belongs to other ids of that user. */
function removeMapped(folder: string): void {
  execFileSync("unshare", ["--user", "--map-auto", "--map-root-user", "rm", "-rf", folder], {
    stdio: "ignore",
  });
}

/** Mount points that lie in `folder`, innermost first; also where a peer that runs in a root of its own sees it under a longer path. */
export function mountedBelow(mountInfo: string, folder: string): readonly string[] {
  return mountInfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => `${point}/`.includes(`${folder}/`))
    .reverse();
}

function unmount(point: string): void {
  try {
    execFileSync("umount", ["--lazy", point], { stdio: "ignore" });
  } catch {
    // It may be gone with the one around it.
  }
}
