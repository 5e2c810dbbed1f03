/** Programs that forward signals and wait for what is left behind. */
export const INITS: ReadonlySet<string> = new Set([
  ...["tini", "tini-static", "docker-init", "dumb-init", "catatonit", "init", "systemd", "runsvdir", "runit"],
  ...["s6-svscan", "supervisord", "my_init", "pid1"],
]);

export const SHELLS: ReadonlySet<string> = new Set([
  ...["sh", "bash", "dash", "ash", "busybox", "ksh", "mksh", "zsh"],
]);

/** The last component of a path. */
export function programName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
