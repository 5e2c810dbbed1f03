/** Programs that forward signals and wait for what is left behind. */
export const INITS: ReadonlySet<string> = new Set([
  ...["tini", "tini-static", "docker-init", "dumb-init", "catatonit", "init", "systemd", "runsvdir", "runit"],
  ...["s6-svscan", "supervisord", "my_init", "pid1"],
]);

export const SHELLS: ReadonlySet<string> = new Set([
  ...["sh", "bash", "dash", "ash", "busybox", "ksh", "mksh", "zsh"],
]);

/** Programs that hand out root's rights to those whom their configuration trusts. */
export const LENDERS: ReadonlySet<string> = new Set(["sudo", "doas", "pkexec"]);

export const PACKAGE_MANAGERS: ReadonlySet<string> = new Set([
  ...["apt", "apt-get", "dpkg", "apk", "dnf", "microdnf", "yum", "rpm", "zypper", "pacman"],
]);

/** The last component of a path. */
export function programName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
