import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../snapshot/rootfs.ts";

/** Number of the descriptor in the start script; the shell closes it before the runtime starts. */
export const SECRETS = 3;

/** Bytes for the start script that touch no disk: a file in memory without a name, handed over as descriptor `SECRETS`. */
export class PrivateFiles {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  /** A shell line that writes these bytes to a path, for its owner alone. */
  line(data: Uint8Array, path: string): string {
    // By path, not by the descriptor itself: each reader then has a position of its own.
    const read = `tail -c +${this.#size + 1} /proc/self/fd/${SECRETS} | head -c ${data.length}`;
    this.#parts.push(data);
    this.#size += data.length;
    return `(umask 077; ${data.length === 0 ? ":" : read} > ${quote(path)})`;
  }

  /** The descriptor, open for reading and the caller's to close; undefined where no line needs it. */
  open(): number | undefined {
    if (this.#parts.length === 0) return undefined;
    const path = join("/dev/shm", `slipway-${randomBytes(16).toString("hex")}`);
    const writer = openSync(path, "wx", 0o600);
    try {
      const reader = openSync(path, "r");
      const data = Buffer.concat(this.#parts);
      for (let at = 0; at < data.length; ) at += writeSync(writer, data, at);
      return reader;
    } finally {
      closeSync(writer);
      unlinkSync(path);
    }
  }
}

/** A folder of files that hold the environment of a container. */
export interface EnvironmentFolder {
  readonly path: string;
  /** A secret is among the variables: the folder is a tmpfs of the namespace and gone with it, however it ends (SPEC MT-14). */
  readonly holdsSecrets: boolean;
  readonly files: PrivateFiles;
}

/** Makes the folder with one file in it; the lines have to run before anything is read from there. */
export function placeEnvironment(
  { path, holdsSecrets, files }: EnvironmentFolder,
  name: string,
  content: string,
): readonly string[] {
  mkdirSync(path, { mode: 0o700 });
  const file = join(path, name);
  if (!holdsSecrets) {
    writeFileSync(file, content, { mode: 0o600 });
    return [];
  }
  return [
    `mount -n -t tmpfs -o size=64m,mode=0700,nosuid,nodev,noexec tmpfs ${quote(path)}`,
    files.line(Buffer.from(content), file),
  ];
}
