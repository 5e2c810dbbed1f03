import type { DecidingRule } from "../context/ignore-rules.ts";
import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { FileTree } from "../core/file-tree.ts";
import { parentOf, resolvePath } from "../layer/resolve.ts";
import { namesIn, similarPath } from "./similar-path.ts";

/** Where a source was looked for. */
export interface SearchedTree extends FileTree {
  /** `context`, `stage build`. */
  readonly name: string;
  /** The ignore rule that hides a path which is there. */
  hiddenBy?(path: string): DecidingRule | undefined;
}

/** Names that are told where nothing like the path is found. */
const MOST_NAMES = 8;

/**
 * The error for a source of COPY, ADD or a mount that is not there (SPEC CP-12, MT-08): the ignore rule that hides it, or the path
 * that may have been meant. `path` is clean and relative, `written` what the Dockerfile says.
 */
export function missingSource(tree: SearchedTree, path: string, written: string): SlipwayError {
  return new SlipwayError(
    "SOURCE_NOT_FOUND",
    `failed to calculate checksum of ref ${tree.name}: "/${printableName(path)}": not found`,
    { hint: explain(tree, path, written), facts: { path: `/${path}` } },
  );
}

function explain(tree: SearchedTree, path: string, written: string): string {
  const rule = tree.hiddenBy?.(path);
  if (rule) return hiddenText(rule, path);
  if (tree.hiddenBy && climbs(written))
    return "`..` stops at the root of the context: what lies above it cannot be copied; build with a folder above as the context, or name that one with --build-context";
  const text = blockedText(tree, path) ?? similarText(tree, path);
  if (text !== undefined) return text;
  const isElsewhere = tree.hiddenBy !== undefined && written.startsWith("/");
  return `${isElsewhere ? "`/` is the root of the context, not of this machine; " : ""}${contentsText(tree, path)}`;
}

function hiddenText({ file, line, pattern }: DecidingRule, path: string): string {
  return `it is there, but line ${line} of ${file} (${pattern}) leaves it out of the build context; a line !${path} below that one keeps it`;
}

/** Tells whether `..` leads out of where it is written. */
function climbs(written: string): boolean {
  let depth = 0;
  for (const part of written.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** Something on the way is a file, or a link that leads nowhere. */
function blockedText(tree: SearchedTree, path: string): string | undefined {
  for (let at = path; at !== ""; at = parentOf(at)) {
    const entry = tree.lookup(at);
    if (entry?.type === "symlink" && !resolvePath(tree, at, { followLast: true }).entry)
      return `${quoted(at)} is a symbolic link to ${quoted(entry.linkTarget ?? "")}, which is not in the ${tree.name}`;
    if (entry && entry.type !== "dir" && entry.type !== "symlink")
      return `${quoted(at)} is not a folder, so nothing can be below it`;
  }
  return undefined;
}

function similarText(tree: SearchedTree, path: string): string | undefined {
  const similar = similarPath(tree, path);
  switch (similar?.differs) {
    case "case":
      return `there is ${quoted(similar.path)}: upper and lower case are different`;
    case "spelling":
      return `did you mean ${quoted(similar.path)}?`;
    case "folders":
      return `there is ${quoted(similar.path)}: paths are looked up from the root of the ${tree.name}`;
    default:
      return undefined;
  }
}

/** What the deepest folder on the way has instead. */
function contentsText(tree: SearchedTree, path: string): string {
  let folder = parentOf(path);
  while (folder !== "" && tree.lookup(folder)?.type !== "dir") folder = parentOf(folder);
  const names = namesIn(tree, folder);
  const place = folder === "" ? `the ${tree.name}` : `${quoted(folder)} of the ${tree.name}`;
  if (names.length === 0) return `${place} is empty`;
  const shown = names.slice(0, MOST_NAMES).map(printableName).join(", ");
  return `${place} has ${shown}${names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ""}`;
}

function quoted(path: string): string {
  return `"${printableName(path)}"`;
}
