import { DEFAULT_PATH } from "../core/default-path.ts";
import { isSlipwayError } from "../core/errors.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import type { ContainerConfig } from "../image/config.ts";
import { resolvePath } from "../layer/resolve.ts";

export interface FoundProgram {
  /** Where it was found, links not followed. */
  readonly place: string;
  /** The file that is executed. */
  readonly file: Entry;
}

/** The program that a container of the image starts for a word, as execvp(3) finds it; undefined where there is none. */
export function findProgram(
  program: string,
  config: ContainerConfig,
  tree: FileTree,
): FoundProgram | undefined {
  const path =
    config.Env?.findLast((pair) => pair.startsWith("PATH="))?.slice("PATH=".length) ?? DEFAULT_PATH;
  const places = program.includes("/")
    ? [program.startsWith("/") ? program : `${config.WorkingDir || "/"}/${program}`]
    : path.split(":").map((folder) => `${folder}/${program}`);
  for (const place of places) {
    const file = fileAt(tree, place);
    if (file) return { place, file };
  }
  return undefined;
}

function fileAt(tree: FileTree, place: string): Entry | undefined {
  try {
    const { entry } = resolvePath(tree, place, { followLast: true });
    return entry?.type === "file" ? entry : undefined;
  } catch (error) {
    // A circle of links is no program.
    if (isSlipwayError(error, "SYMLINK_LOOP")) return undefined;
    throw error;
  }
}
