import type { ShellCommand } from "../shell/commands.ts";
import { type Program, programOf } from "../shell/program.ts";

const ACCOUNTS = new Set(["useradd", "groupadd", "usermod", "adduser", "addgroup", "setcap", "chroot"]);
const INSTALLERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["apt-get", new Set(["update", "install", "upgrade", "dist-upgrade", "remove", "purge"])],
  ["apt", new Set(["update", "install", "upgrade", "remove", "purge"])],
  ["apk", new Set(["add", "update", "upgrade", "del"])],
  ...["dnf", "microdnf", "yum", "tdnf"].map(
    (name) => [name, new Set(["install", "update", "upgrade", "remove"])] as const,
  ),
  ["zypper", new Set(["install", "in", "update", "up", "remove", "rm"])],
]);

/** The first program of a step that only root can run, unless something in front of it makes it root. */
export function programForRoot(commands: readonly ShellCommand[]): Program | undefined {
  return commands.map(programOf).find((one) => one && !one.elevated && needsRoot(one));
}

function needsRoot({ name, args }: Program): boolean {
  if (ACCOUNTS.has(name)) return true;
  const verb = args.find(({ text }) => !text.startsWith("-"))?.text ?? "";
  return INSTALLERS.get(name)?.has(verb) === true;
}
