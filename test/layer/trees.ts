import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "../../src/core/digest.ts";
import { fsPath } from "../../src/core/file-name.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import type { Change } from "../../src/layer/change.ts";
import { scanEntry, scanNames } from "../../src/layer/scan-entry.ts";
import type { SnapshotForm } from "../../src/layer/snapshot-form.ts";
import { sorted } from "./entries.ts";

export const isRoot = process.getuid?.() === 0;

export const NATIVE: SnapshotForm = { kind: "native", overlayXattrPrefix: "trusted.overlay." };
export const PORTABLE: SnapshotForm = { kind: "portable" };

/** A folder for one test, and folders inside it. Remove it with `done`. */
export class Workspace {
  readonly path = fs.mkdtempSync(join(tmpdir(), "slipway-layer-"));
  #count = 0;

  /** A fresh folder. */
  folder(): string {
    const path = join(this.path, String(this.#count++));
    fs.mkdirSync(path);
    return path;
  }

  /** A fresh file with these bytes. */
  file(bytes: string | Buffer): string {
    const path = join(this.path, String(this.#count++));
    fs.writeFileSync(path, bytes);
    return path;
  }

  done(): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}

/** Changes of entries; files get these bytes, by path. */
export function changesOf(
  entries: readonly Entry[],
  bytes: Readonly<Record<string, string | Buffer>> = {},
): Change[] {
  return sorted(entries).map((entry) => {
    if (entry.type !== "file" || entry.hardLink !== undefined) return { entry, bytes: { kind: "none" } };
    const data = Buffer.from(bytes[entry.path] ?? "");
    return { entry: { ...entry, size: data.length }, bytes: { kind: "bytes", bytes: data } };
  });
}

/** Everything in a directory as entries, in path order; files with their digests, no hard links. */
export function entriesOf(directory: string, path = ""): Entry[] {
  const here = path === "" ? directory : join(directory, path);
  return scanNames(here).flatMap((name) => {
    const at = path === "" ? name : `${path}/${name}`;
    const { entry } = scanEntry(join(directory, at), at);
    if (entry.type === "socket") return [];
    const found = { ...entry, type: entry.type } as Entry;
    if (found.type === "file")
      return [{ ...found, digest: digestOf(fs.readFileSync(fsPath(join(directory, at)))) }];
    return found.type === "dir" ? [found, ...entriesOf(directory, at)] : [found];
  });
}

/** A short form to compare trees by. */
export function outline(entries: Iterable<Entry>): string[] {
  return [...entries].map((e) => {
    const what = e.linkTarget ?? e.hardLink ?? (e.type === "file" ? e.size : "");
    return `${e.type} ${e.path} ${e.mode.toString(8)} ${e.uid}:${e.gid} ${what}`.trim();
  });
}
