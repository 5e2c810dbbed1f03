import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layOverlay } from "../snapshot/overlay.ts";
import { quote } from "../snapshot/rootfs.ts";
import type { PlacedMount } from "./oci-spec.ts";
import { placeDevice } from "./place-device.ts";
import type { PrivateFiles } from "./private-files.ts";
import type { ContainerMount, ContainerRequest, FileIdentity, Privilege } from "./request.ts";
import { type Seed, seedLines } from "./seed-volume.ts";

/** What has to happen in the private mount namespace before the runtime starts. */
export interface PreparedMounts {
  readonly placed: readonly PlacedMount[];
  /** Lines of POSIX sh. */
  readonly script: readonly string[];
}

/** Puts files, secrets and stacks of snapshots where the runtime can bind them from. Nothing is mounted here. */
export function prepareMounts(
  request: ContainerRequest,
  privilege: Privilege,
  files: PrivateFiles,
): PreparedMounts {
  const folder = join(request.scratch, "mounts");
  mkdirSync(folder, { mode: 0o755 });
  const script: string[] = [];
  const placed = request.mounts.map((mount, i): PlacedMount => {
    const place = join(folder, String(i));
    switch (mount.type) {
      case "tmpfs":
        return { mount };
      case "file":
        writeFileSync(place, mount.content, { flag: "wx" });
        chmodSync(place, mount.mode);
        return { mount, source: place };
      case "secret":
        script.push(...secretLines(mount, place, files));
        return { mount, source: join(place, "secret") };
      case "device": {
        const { source, script: lines } = placeDevice(mount.node, place, privilege);
        script.push(...lines);
        return { mount, source };
      }
      case "bind":
        if (mount.seed) script.push(...seedOf(mount, mount.seed, request.rootfs.merged));
        return placeBind(mount, place, privilege, script);
      default:
        return mount satisfies never;
    }
  });
  return { placed, script };
}

/** Only a folder of this machine is a volume. */
function seedOf({ source, target }: BindMount, seed: Seed, root: string): readonly string[] {
  return source.kind === "path" ? seedLines(seed, join(root, target), source.path) : [];
}

type BindMount = Extract<ContainerMount, { type: "bind" }>;

function placeBind(mount: BindMount, place: string, privilege: Privilege, script: string[]): PlacedMount {
  const { source } = mount;
  if (source.kind === "layers") {
    script.push(...layerLines(source.lowers, place, privilege));
    return { mount, source: join(place, "merged", source.path) };
  }
  const isDirectory = statSync(source.path).isDirectory();
  if (source.identity) {
    mkdirSync(place);
    script.push(...checkedBind(source.path, place, source.identity));
    return { mount, source: place };
  }
  if (!mount.discardWrites)
    return { mount, source: source.path, holdsMounts: isDirectory && !mount.isSingle };
  if (isDirectory) {
    script.push(...layerLines([source.path], place, privilege));
    return { mount, source: join(place, "merged") };
  }
  // A single file has no overlay: a copy takes the writes.
  script.push(`cp -p ${quote(source.path)} ${quote(place)}`);
  return { mount, source: place };
}

/** Binds a folder to a place that nobody else can write to, and goes on only where it is the folder that was meant. */
function checkedBind(path: string, place: string, { device, inode }: FileIdentity): string[] {
  const at = quote(place);
  return [
    `mount -n --bind ${quote(path)} ${at}`,
    `test "$(stat -c %d:%i ${at})" = ${device}:${inode} || { echo "mount source changed while it was being mounted" >&2; exit 1; }`,
  ];
}

/** A secret lives on a tmpfs of the namespace: it touches no disk and is gone with the process (SPEC MT-14). */
function secretLines(
  mount: Extract<ContainerMount, { type: "secret" }>,
  place: string,
  files: PrivateFiles,
): string[] {
  mkdirSync(place, { mode: 0o755 });
  const path = join(place, "secret");
  const file = quote(path);
  return [
    `mount -n -t tmpfs -o size=1m,mode=0755 tmpfs ${quote(place)}`,
    files.line(mount.data, path),
    `chown ${mount.uid}:${mount.gid} ${file}`,
    `chmod ${mount.mode.toString(8)} ${file}`,
  ];
}

/** Snapshots as one tree, over an upper directory that is thrown away (SPEC MT-04); what is read-only is so by its bind. */
function layerLines(lowers: readonly string[], place: string, { xattrPrefix }: Privilege): readonly string[] {
  mkdirSync(place);
  const { mountScript, upper } = layOverlay({ lowers, scratch: place, stubs: [], xattrPrefix });
  const top = lowers.at(-1);
  if (top !== undefined) lookLike(upper, top);
  return mountScript;
}

/** The root of an overlay is its upper directory, which must look like what it covers. */
function lookLike(upper: string, model: string): void {
  const { mode, uid, gid } = statSync(model);
  chownSync(upper, uid, gid);
  chmodSync(upper, mode & 0o7777);
}
