import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Entry } from "../../src/core/file-tree.ts";
import type { HardenReport } from "../../src/index.ts";
import type { Workshop } from "../api/workshop.ts";
import { type ReadMember, readMembers, writeArchive } from "../layer/archives.ts";

/** `cap_net_raw=ep` as `struct vfs_cap_data` of revision 2. */
export const NET_RAW = Buffer.from("0100000200200000000000000000000000000000", "hex");

export function fileEntry(path: string, more: Partial<Entry> = {}): Entry {
  return {
    path,
    type: "file",
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 1_700_000_000,
    mtimeNs: 0,
    ...more,
  };
}

export function folderEntry(path: string, more: Partial<Entry> = {}): Entry {
  return { ...fileEntry(path), type: "dir", ...more };
}

const ACCOUNTS = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nkeeper:x:10001:10001::/:/bin/false\n",
  group: "root:x:0:\nkeeper:x:10001:\n",
};

/** A root filesystem as others would make it: files that lend rights, two of them one file, and one that is owned by 10002. */
export function lendingArchive(): Buffer {
  const xattrs = { "security.capability": NET_RAW };
  const entries = [
    folderEntry("bin"),
    fileEntry("bin/ping", { xattrs }),
    fileEntry("bin/plain"),
    fileEntry("bin/su", { mode: 0o4755 }),
    fileEntry("bin/su-too", { mode: 0o4755, hardLink: "bin/su" }),
    fileEntry("bin/wall", { mode: 0o2755, gid: 5 }),
    folderEntry("etc"),
    fileEntry("etc/group", { mode: 0o644 }),
    fileEntry("etc/passwd", { mode: 0o644 }),
    folderEntry("mail", { mode: 0o2775, gid: 8 }),
    fileEntry("mail/box", { mode: 0o600, uid: 10_002 }),
  ];
  return writeArchive(entries, {
    "bin/ping": Buffer.from("ping"),
    "bin/plain": Buffer.from("plain"),
    "bin/su": Buffer.from("substitute user"),
    "bin/wall": Buffer.from("wall"),
    "etc/passwd": Buffer.from(ACCOUNTS.passwd),
    "etc/group": Buffer.from(ACCOUNTS.group),
  });
}

export interface BuiltImage {
  readonly config: { readonly User?: string };
  readonly history: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
  readonly diffIds: readonly string[];
  /** What is in each layer's archive, the lowest first. */
  readonly layers: readonly (readonly ReadMember[])[];
  readonly report: readonly HardenReport[];
  readonly progress: string;
}

let count = 0;

/** Builds, and reads what leaves as an OCI layout. */
export async function buildImage(
  shop: Workshop,
  context: string,
  ...flags: readonly string[]
): Promise<BuiltImage> {
  const folder = join(shop.folder, `layout-${++count}`);
  const facts = `${folder}.json`;
  const output = `type=oci,tar=false,dest=${folder}`;
  const { stderr } = await shop.succeed([
    ...["build", "--progress=plain", "-o", output, "--metadata-file", facts],
    ...[...flags, context],
  ]);
  const blob = (digest: string) => readFileSync(join(folder, "blobs/sha256", digest.slice(7)));
  const json = (digest: string) => JSON.parse(blob(digest).toString("utf8"));
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  const manifest = json(index.manifests[0].digest);
  const { config, history, rootfs } = json(manifest.config.digest);
  const layers = manifest.layers.map(({ digest }: { digest: string }) => readMembers(unzipped(blob(digest))));
  const report = JSON.parse(readFileSync(facts, "utf8"))["slipway.hardening"] ?? [];
  return { config, history, diffIds: rootfs.diff_ids, layers, report, progress: stderr };
}

function unzipped(bytes: Buffer): Buffer {
  return bytes.readUInt16BE(0) === 0x1f8b ? gunzipSync(bytes) : bytes;
}

/** Paths in a layer with their modes: `bin/su 4755`; links as `bin/su-too -> bin/su`, files with capabilities marked `+`. */
export function modesOf(layer: readonly ReadMember[]): string[] {
  return layer
    .filter(({ type }) => type !== "dir")
    .map(({ name, mode, linkName, type, xattrs }) => {
      if (type === "hardlink") return `${name} -> ${linkName}`;
      return `${name} ${mode.toString(8).padStart(4, "0")}${"security.capability" in xattrs ? "+" : ""}`;
    });
}
