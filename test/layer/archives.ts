import { spawnSync } from "node:child_process";
import type { Entry } from "../../src/core/file-tree.ts";
import type { TarEntry } from "../../src/layer/tar-entry.ts";
import { TarReader } from "../../src/layer/tar-reader.ts";
import { entryHeader, paddingAfter, TAR_END } from "../../src/layer/tar-writer.ts";

export interface ReadMember extends TarEntry {
  readonly bytes: Buffer;
}

/** Reads an archive in chunks of `chunkSize` bytes. */
export function readMembers(archive: Buffer, chunkSize = archive.length || 1): ReadMember[] {
  const members: ReadMember[] = [];
  let parts: Buffer[] = [];
  let entry: TarEntry | undefined;
  const reader = new TarReader({
    begin: (next) => {
      entry = next;
      parts = [];
    },
    data: (chunk) => parts.push(Buffer.from(chunk)),
    end: () => members.push({ ...entry!, bytes: Buffer.concat(parts) }),
  });
  for (let at = 0; at < archive.length; at += chunkSize) reader.push(archive.subarray(at, at + chunkSize));
  reader.finish();
  return members;
}

/** A whole archive of entries, with the bytes of files by path. */
export function writeArchive(
  entries: readonly Entry[],
  bytes: Readonly<Record<string, Buffer>> = {},
): Buffer {
  const parts = entries.flatMap((entry) => {
    const data =
      entry.type === "file" && !entry.hardLink ? (bytes[entry.path] ?? Buffer.alloc(entry.size)) : undefined;
    return [
      entryHeader(data ? { ...entry, size: data.length } : entry),
      data ?? Buffer.alloc(0),
      paddingAfter(data?.length ?? 0),
    ];
  });
  return Buffer.concat([...parts, TAR_END]);
}

/** Runs a program of the machine and gives its output; fails the test where it fails. */
export function run(command: string, args: readonly string[], input?: Buffer): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    maxBuffer: 1 << 30,
    ...(input ? { input } : {}),
    env: { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr?.toString() || error}`);
  return stdout;
}

export function hasProgram(name: string): boolean {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
}

export async function* chunksOf(bytes: Buffer, size = 64 * 1024): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
