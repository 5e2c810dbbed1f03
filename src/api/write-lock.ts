import { randomUUID } from "node:crypto";
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { SlipwayError } from "../core/errors.ts";

/** Puts a lock into its place, whole or not at all; one that says the same already is not touched. Throws `OUTPUT_INVALID`. */
export function writeLock(path: string, name: string, text: string): void {
  // A link stays one: what it leads to is replaced.
  const place = realPath(path);
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

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function currentText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
