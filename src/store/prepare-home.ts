import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { writeFileAtomically } from "./atomic-file.ts";
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
    mkdirSync(paths.home, { recursive: true, mode: 0o700 });
    for (const folder of [paths.blobs, paths.layers, paths.temp, paths.locks, paths.containers])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
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
  write(paths.version, `${FORMAT}\n`);
}

/** Making folders with their parents on a read-only file system fails with ENOENT in Node; asking for permission says why. */
function refusalBehind(error: unknown, home: string): unknown {
  if (systemErrorCode(error) !== "ENOENT") return error;
  let folder = home;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return error;
  } catch (refusal) {
    return refusal;
  }
}

function describeHomeError(error: unknown, home: string): unknown {
  const described = describeSystemError(refusalBehind(error, home), `opening the store ${home}`);
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
