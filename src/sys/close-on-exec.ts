import { readdirSync } from "node:fs";
import { nativeFunction } from "./native-function.ts";

const F_SETFD = 2;
const FD_CLOEXEC = 1;

/**
 * Marks every descriptor of this process beyond the three standard ones close-on-exec. Node opens its own that way; what was
 * inherited from the program that started us would otherwise pass on to a container (CVE-2024-21626's kin). Descriptors
 * that are handed to a child by number are passed on all the same.
 */
export function closeOnExec(): void {
  const fcntl = nativeFunction("fcntl", "int", ["int", "int", "int"]);
  if (!fcntl) return;
  // A number that has been closed meanwhile, as the directory's own has, is refused and does no harm.
  for (const name of readdirSync("/proc/self/fd"))
    if (Number(name) > 2) fcntl(Number(name), F_SETFD, FD_CLOEXEC);
}
