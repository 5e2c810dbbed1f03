import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type BaseFile, writeTar } from "./tar-writer.ts";

/** A base image of the suite: its files and the `config` of its image config. */
export interface Base {
  readonly layers: readonly Buffer[];
  readonly config: Readonly<Record<string, unknown>>;
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const CONFIG = { Env: [PATH], Cmd: ["/bin/sh"], WorkingDir: "/" };

const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
app:x:1000:1001:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/home:/bin/false
`;
const GROUP = `root:x:0:
daemon:x:1:
bin:x:2:
wheel:x:10:root,app
www-data:x:33:
users:x:100:app
app:x:1001:
nogroup:x:65534:
`;

/** The bases by name. All are made from the BusyBox of this machine, so that a run needs no registry but its own. */
export function makeBases(): Readonly<Record<string, Base>> {
  const busybox = readBusybox();
  return {
    busybox: { layers: [writeTar(classicRoot(busybox))], config: CONFIG },
    bare: { layers: [writeTar(bareRoot(busybox))], config: CONFIG },
    usrmerged: { layers: [writeTar(usrMergedRoot(busybox))], config: CONFIG },
  };
}

/** @throws Error where there is no static BusyBox in PATH */
function readBusybox(): { program: Buffer; applets: readonly string[] } {
  const file = (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "busybox"))
    .find(isExecutable);
  if (!file) throw new Error("no busybox in PATH: install busybox-static");
  const list = spawnSync(file, ["--list"], { encoding: "utf8" }).stdout.split("\n");
  return { program: readFileSync(file), applets: list.filter((name) => name && name !== "busybox") };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Programs in /bin; folders with modes and owners of their own. */
function classicRoot({ program, applets }: { program: Buffer; applets: readonly string[] }): BaseFile[] {
  return [
    ...folders("bin/", "dev/", "etc/", "home/", "home/app/", "lib/", "proc/"),
    { path: "root/", mode: 0o700 },
    ...folders("run/", "sys/"),
    { path: "tmp/", mode: 0o1777 },
    ...folders("usr/", "usr/bin/", "usr/sbin/", "var/", "var/lib/"),
    ...accounts(),
    { path: "bin/busybox", mode: 0o755, content: program },
    ...applets.map((name) => ({ path: `bin/${name}`, mode: 0o777, link: "busybox" })),
  ];
}

/** Nothing but programs: no accounts, no mount points. */
function bareRoot({ program }: { program: Buffer }): BaseFile[] {
  const applets = ["sh", "ls", "cat", "echo", "mkdir", "stat", "id", "env", "touch", "rm"];
  return [
    ...folders("bin/"),
    { path: "bin/busybox", mode: 0o755, content: program },
    ...applets.map((name) => ({ path: `bin/${name}`, mode: 0o777, link: "busybox" })),
  ];
}

/** As today's distributions have it: /bin, /lib, /lib64 and /sbin are links into /usr, /var/run is a link to /run. */
function usrMergedRoot({ program, applets }: { program: Buffer; applets: readonly string[] }): BaseFile[] {
  return [
    ...folders("dev/", "etc/", "home/", "proc/"),
    { path: "root/", mode: 0o700 },
    ...folders("run/", "sys/"),
    { path: "tmp/", mode: 0o1777 },
    ...folders("usr/", "usr/bin/", "usr/lib/", "usr/lib64/", "usr/sbin/", "var/", "var/lib/"),
    ...["bin", "lib", "lib64", "sbin"].map((name) => ({ path: name, mode: 0o777, link: `usr/${name}` })),
    { path: "var/run", mode: 0o777, link: "/run" },
    ...accounts(),
    { path: "usr/bin/busybox", mode: 0o755, content: program },
    ...applets.map((name) => ({ path: `usr/bin/${name}`, mode: 0o777, link: "busybox" })),
  ];
}

function folders(...paths: readonly string[]): BaseFile[] {
  return paths.map((path) => ({ path, mode: 0o755 }));
}

function accounts(): BaseFile[] {
  return [
    { path: "etc/passwd", mode: 0o644, content: Buffer.from(PASSWD) },
    { path: "etc/group", mode: 0o644, content: Buffer.from(GROUP) },
    { path: "etc/hostname", mode: 0o644, content: Buffer.from("base\n") },
  ];
}
