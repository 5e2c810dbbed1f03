import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { describeSystemError, SlipwayError } from "../core/errors.ts";
import { makeFolders } from "../sys/make-folders.ts";

/** A file or folder of this machine inside a container. */
export interface BindVolume {
  readonly source: string;
  /** Absolute. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly type: "dir" | "file";
}

/** Options that change nothing here: labels and propagation that a private mount namespace has no use for. */
const IGNORED = new Set(["rw", "z", "Z", "private", "rprivate", "cached", "delegated", "consistent"]);

/** Parses `source:target[:options]`; a source folder that is missing is made, as Docker does (SPEC DR-08). Throws `USAGE`. */
export function parseVolume(text: string, cwd: string): BindVolume {
  const [source = "", target, options = "", ...rest] = text.split(":");
  if (target === undefined || rest.length > 0 || source === "" || !target.startsWith("/"))
    throw new SlipwayError("USAGE", `invalid volume ${JSON.stringify(text)}`, {
      hint: "write /path/here:/path/inside[:ro]",
    });
  if (!/[/.]/.test(source[0]!))
    throw new SlipwayError(
      "USAGE",
      `${JSON.stringify(source)} is the name of a volume, and named volumes are not there yet`,
      { hint: `give a path, for example ./${source}` },
    );
  const flags = options.split(",").filter(Boolean);
  for (const flag of flags)
    if (flag !== "ro" && !IGNORED.has(flag))
      throw new SlipwayError(
        "USAGE",
        `unknown volume option ${JSON.stringify(flag)} in ${JSON.stringify(text)}`,
        { hint: "use ro or rw" },
      );
  const path = resolve(cwd, source);
  if (!existsSync(path)) makeFolder(path);
  return {
    source: path,
    target,
    readOnly: flags.includes("ro"),
    type: statSync(path).isDirectory() ? "dir" : "file",
  };
}

function makeFolder(path: string): void {
  try {
    makeFolders(path);
  } catch (error) {
    const described = describeSystemError(error, `making the volume's folder ${path}`);
    if (described instanceof SlipwayError) throw described;
    throw new SlipwayError("USAGE", `cannot make the volume's folder ${path}: ${(error as Error).message}`, {
      cause: error,
      hint: "give a path that exists, or one where a folder can be made",
    });
  }
}
