import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { quote } from "../snapshot/rootfs.ts";
import type { PlacedMount } from "./oci-spec.ts";
import type { ContainerMount, ContainerRequest, Privilege } from "./request.ts";

/** What has to happen in the private mount namespace before the runtime starts. */
export interface PreparedMounts {
  readonly placed: readonly PlacedMount[];
  /** Lines of POSIX sh. */
  readonly script: readonly string[];
  /** Descriptors of this process to hand to the script, from number 3 on; closed by the caller after the start. */
  readonly descriptors: readonly number[];
}

/** First number of the descriptors in the script. */
const FIRST = 3;

/** Puts files, secrets and stacks of snapshots where the runtime can bind them from. Nothing is mounted here. */
export function prepareMounts(request: ContainerRequest, privilege: Privilege): PreparedMounts {
  const folder = join(request.scratch, "mounts");
  mkdirSync(folder, { mode: 0o755 });
  const script: string[] = [];
  const descriptors: number[] = [];
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
        descriptors.push(memoryFile(mount.data));
        script.push(...secretLines(mount, place, FIRST + descriptors.length - 1));
        return { mount, source: join(place, "secret") };
      case "bind":
        if (mount.source.kind === "path") return { mount, source: mount.source.path };
        script.push(...layerLines(mount, mount.source, place, privilege));
        return { mount, source: join(place, "merged", mount.source.path) };
      default:
        return mount satisfies never;
    }
  });
  script.push(...descriptors.map((_, i) => `exec ${FIRST + i}<&-`));
  return { placed, script, descriptors };
}

/** A secret lives on a tmpfs of the namespace: it touches no disk and is gone with the process (SPEC MT-14). */
function secretLines(
  mount: Extract<ContainerMount, { type: "secret" }>,
  place: string,
  descriptor: number,
): string[] {
  mkdirSync(place, { mode: 0o755 });
  const file = quote(join(place, "secret"));
  return [
    `mount -t tmpfs -o size=1m,mode=0755 tmpfs ${quote(place)}`,
    `(umask 077; cat <&${descriptor} > ${file})`,
    `chown ${mount.uid}:${mount.gid} ${file}`,
    `chmod ${mount.mode.toString(8)} ${file}`,
  ];
}

/** Snapshots as one tree: read-only, or writable over a directory that is thrown away (SPEC MT-04). */
function layerLines(
  mount: Extract<ContainerMount, { type: "bind" }>,
  source: { readonly lowers: readonly string[] },
  place: string,
  { xattrPrefix }: Privilege,
): string[] {
  mkdirSync(place);
  for (const name of ["merged", "upper", "work", "empty"]) mkdirSync(join(place, name), { mode: 0o755 });
  const lowers = source.lowers.length > 0 ? source.lowers : [join(place, "empty")];
  for (const [i, lower] of lowers.entries()) symlinkSync(lower, join(place, `l${i.toString(36)}`));
  // A read-only overlay wants two directories at least; an empty one at the bottom changes nothing.
  const names = [...lowers.map((_, i) => `l${i.toString(36)}`).reverse(), "empty"];
  const writable = mount.readOnly ? "" : ",upperdir=upper,workdir=work";
  const attributes = xattrPrefix === "user.overlay." ? ",userxattr" : "";
  const options = `lowerdir=${names.join(":")}${writable},redirect_dir=nofollow,metacopy=off,index=off${attributes}`;
  return [`cd ${quote(place)}`, `mount -t overlay -o ${quote(options)} overlay merged`];
}

/** A file in memory without a name, open for reading. */
function memoryFile(data: Uint8Array): number {
  const path = join("/dev/shm", `slipway-${randomBytes(16).toString("hex")}`);
  const writer = openSync(path, "wx", 0o600);
  try {
    const reader = openSync(path, "r");
    for (let at = 0; at < data.length; ) at += writeSync(writer, data, at);
    return reader;
  } finally {
    closeSync(writer);
    unlinkSync(path);
  }
}
