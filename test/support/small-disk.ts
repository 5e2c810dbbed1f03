import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./folders.ts";
import { runCommand, runOrFail } from "./tools.ts";

/** A small disk, until the test ends. Takes root. */
export async function smallDisk(bytes: number): Promise<string> {
  const path = temporaryFolder();
  await runOrFail("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=700`, "slipway-test", path]);
  onTestFinished(() => runCommand("umount", ["-l", path]).then(() => {}));
  return path;
}

/** Fills a disk to its last byte; gives the way to free it again. */
export function fill(disk: string): () => void {
  const path = join(disk, "ballast");
  for (let size = 1 << 20; size > 0; size >>= 1)
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: "a" });
    } catch {}
  return () => rmSync(path);
}
