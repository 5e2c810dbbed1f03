import { existsSync, readFileSync } from "node:fs";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { createFileAtomically, writeFileAtomically } from "./atomic-file.ts";
import { emptyLayoutIndex } from "./layout-index.ts";
import type { StorePaths } from "./paths.ts";
import type { TempArea } from "./temp-area.ts";

/** Counted up when an older program could no longer read the store, or would damage it. */
const FORMAT = 1;

/** Makes what is missing of a store, or checks the one that is there. Throws `STORE_UNUSABLE`, `PERMISSION_DENIED`, `DISK_FULL`. */
export function prepareHome(paths: StorePaths, temp: TempArea): void {
  try {
    const isNew = !isKnownFormat(paths);
    // Snapshots hold files of other users, set-user-ID programs among them: nobody else may look inside.
    makeFolders(paths.home, 0o700);
    for (const folder of [paths.blobs, paths.layers, paths.temp, paths.locks, paths.containers])
      makeFolders(folder, 0o700);
    if (isNew) writeFirstFiles(paths, temp);
  } catch (error) {
    throw describeHomeError(error, paths.home);
  }
}

function isKnownFormat(paths: StorePaths): boolean {
  let text: string;
  try {
    text = readFileSync(paths.version, "utf8").trim();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
  if (text === String(FORMAT)) return true;
  const isNewer = /^\d+$/.test(text) && Number(text) > FORMAT;
  throw new SlipwayError(
    "STORE_UNUSABLE",
    isNewer
      ? `the store ${paths.home} has format ${text}, and this version of slipway knows up to ${FORMAT}`
      : `${paths.version} does not hold a format number`,
    { hint: isNewer ? "use a newer slipway, or another SLIPWAY_HOME" : "set SLIPWAY_HOME to another folder" },
  );
}

/** The version file comes last: a store that has one is complete. */
function writeFirstFiles(paths: StorePaths, temp: TempArea): void {
  const write = (path: string, content: string) => writeFileAtomically(path, content, temp.file("first"));
  write(paths.ociLayout, '{"imageLayoutVersion":"1.0.0"}');
  // Another process may have tagged already; the next tag or pruning would put right what this overwrites in between.
  if (!existsSync(paths.ociIndex)) write(paths.ociIndex, emptyLayoutIndex());
  // Its time tells sessions that garbage was collected (`Store.lastCollection`), so a process that comes second leaves it alone.
  createFileAtomically(paths.version, `${FORMAT}\n`, temp.file("first"));
}

function describeHomeError(error: unknown, home: string): unknown {
  const described = describeSystemError(error, `opening the store ${home}`);
  if (described instanceof SlipwayError) return described;
  return new SlipwayError(
    "STORE_UNUSABLE",
    `the store ${home} cannot be opened: ${(error as Error).message}`,
    {
      hint: "set SLIPWAY_HOME to a folder that can be written",
      cause: error,
    },
  );
}
