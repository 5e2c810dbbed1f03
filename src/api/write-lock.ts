import { randomUUID } from "node:crypto";
import {
  lstatSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { SlipwayError } from "../core/errors.ts";

/**
 * Puts a lock into its place, whole or not at all; one that says the same already is not touched. A link stays one: the file that it leads to is
 * replaced. What is no file is not. Throws `OUTPUT_INVALID`.
 */
export function writeLock(path: string, name: string, text: string): void {
  const place = placeOf(path, name);
  const temporary = `${place}.${randomUUID()}.tmp`;
  try {
    if (currentText(place) === text) return;
    writeFileSync(temporary, text, { mode: 0o644, flag: "wx" });
    renameSync(temporary, place);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new SlipwayError("OUTPUT_INVALID", `cannot write the lock ${name}: ${(cause as Error).message}`, {
      cause,
      hint: "say where it is to be with --lock-file",
    });
  }
}

/** Where the file is, or is to be. */
function placeOf(path: string, name: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })) return path;
  const stats = statOf(path);
  if (stats?.isFile()) return realpathSync(path);
  const what =
    stats === undefined ? "a link that leads to no file" : stats.isDirectory() ? "a folder" : "no file";
  throw new SlipwayError("OUTPUT_INVALID", `cannot write the lock ${name}: it is ${what}`, {
    hint: "remove it, or say where the lock is to be with --lock-file",
  });
}

/** Undefined for a link to nothing, and for links that go round in a circle. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function currentText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
