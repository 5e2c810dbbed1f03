import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import { suggest } from "../core/suggest.ts";

/** The error for a build context that is not there, or is no folder. */
export function contextMissing(
  path: string,
  isThere: boolean,
  cause?: unknown,
): SlipwayError<"CONTEXT_NOT_FOUND"> {
  const problem = isThere ? "is not a folder" : "not found";
  return new SlipwayError(
    "CONTEXT_NOT_FOUND",
    `unable to prepare context: path "${printableName(path)}" ${problem}`,
    { hint: isThere ? NO_FOLDER : (nearFolder(path) ?? NO_CONTEXT), cause },
  );
}

const NO_FOLDER =
  "name the folder, and the Dockerfile with --file; an archive is given on standard input: `slipway build - < archive.tar`";
const NO_CONTEXT = "name an existing folder as the build context; `.` is the current one";

function nearFolder(path: string): string | undefined {
  const near = suggest(basename(path), foldersIn(dirname(path)));
  return near === undefined ? undefined : `did you mean "${printableName(join(dirname(path), near))}"?`;
}

function foldersIn(folder: string): readonly string[] {
  try {
    const items = readdirSync(fsPath(folder), { withFileTypes: true, encoding: "utf8" });
    return items.filter((item) => item.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}
