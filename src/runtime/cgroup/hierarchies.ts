import { join } from "node:path";

/** A mounted tree of control groups, and where this process is in it (cgroups(7)). */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** Version 1: its controllers (`memory`, `cpu` …; a named hierarchy has none). Version 2 lists them in `cgroup.controllers` instead. */
  readonly controllers: readonly string[];
  /** The folder of the topmost group that can be seen. */
  readonly top: string;
  /** The folder of this process's group. */
  readonly own: string;
}

/** From the texts of /proc/self/mountinfo and /proc/self/cgroup; a hierarchy that is mounted twice counts once. Pure. */
export function readHierarchies(mountinfo: string, cgroup: string): readonly Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const line of mountinfo.split("\n")) {
    const mount = parseMount(line);
    if (!mount) continue;
    const version = mount.type === "cgroup2" ? 2 : 1;
    const own = memberships(cgroup).find(({ key }) => key === mount.key);
    if (!own || found.has(mount.key)) continue;
    const below = relativeTo(mount.root, own.path);
    if (below === undefined) continue;
    found.set(mount.key, {
      version,
      controllers: version === 2 ? [] : mount.key.split(",").filter((name) => !name.startsWith("name=")),
      top: mount.point,
      own: join(mount.point, below),
    });
  }
  return [...found.values()];
}

/** proc(5), mountinfo: id, parent, device, root, mount point, options, optional fields, `-`, type, source, super options. */
function parseMount(line: string) {
  const [before = "", after] = line.split(" - ");
  if (after === undefined) return undefined;
  const [, , , root = "", point = ""] = before.split(" ");
  const [type, , options = ""] = after.split(" ");
  if (type !== "cgroup" && type !== "cgroup2") return undefined;
  const key = type === "cgroup2" ? "" : v1Key(options.split(","));
  return { type, root: unescapeMount(root), point: unescapeMount(point), key };
}

/** Options of the mount that are not controllers: everything else among them is one. */
const PLAIN = new Set(["rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods"]);

function v1Key(options: readonly string[]): string {
  return controllerKey(
    options.filter((option) => !PLAIN.has(option) && !option.startsWith("release_agent=")),
  );
}

function controllerKey(names: readonly string[]): string {
  return [...names].sort().join(",");
}

/** proc(5), cgroup: `id:controllers:path`; without controllers for version 2. */
function memberships(cgroup: string): readonly { readonly key: string; readonly path: string }[] {
  return cgroup.split("\n").flatMap((line) => {
    const [, , controllers = "", path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ key: controllerKey(controllers.split(",")), path }];
  });
}

/** What of `path` is below `root`; undefined where it is elsewhere, and so not visible under this mount. */
function relativeTo(root: string, path: string): string | undefined {
  if (path.split("/").includes("..")) return undefined;
  if (root === "/" || path === root) return path === root ? "" : path;
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

/** Blanks and the like are octal there. */
function unescapeMount(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
