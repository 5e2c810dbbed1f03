import { closeSync, readFileSync } from "node:fs";
import { isSlipwayError, systemErrorCode } from "../core/errors.ts";
import type { FileTree } from "../core/file-tree.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import type { ContextFiles } from "../lint/context-files.ts";
import { openWithoutLinks } from "../sys/open-without-links.ts";
import type { BuildContexts } from "./build-contexts.ts";
import { ContextSource } from "./context-source.ts";

/** Bytes of a file that rules look into: start scripts, lists of dependencies. */
const LARGEST_TEXT = 256 * 1024;

/** Opens the main context for the linter; undefined where no instruction reads it, and where it cannot be opened. */
export async function lintContext(
  contexts: BuildContexts,
  dockerfile: ParsedDockerfile,
): Promise<ContextFiles | undefined> {
  if (!dockerfile.stages.some(({ instructions }) => instructions.some(readsContext))) return undefined;
  try {
    const [source, rules] = await Promise.all([contexts.main(), contexts.ignoreRules()]);
    return {
      tree: quiet(source),
      ignoreFile: contexts.isLocal ? (rules ? "in-force" : "missing") : "not-used",
      text: (path) => textOf(source, path),
    };
  } catch (error) {
    return unreadable(error, undefined);
  }
}

function readsContext(instruction: ParsedDockerfile["stages"][number]["instructions"][number]): boolean {
  return (instruction.kind === "COPY" || instruction.kind === "ADD") && instruction.from === undefined;
}

/** What may not be read is nothing that a finding could be about: a build says so itself. */
function quiet(tree: FileTree): FileTree {
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (error) {
      return unreadable(error, otherwise);
    }
  };
  return {
    lookup: (path) => attempt(() => tree.lookup(path), undefined),
    list: (path) => attempt(() => tree.list(path), []),
  };
}

/** Files of an archive would have to be unpacked first. */
function textOf(source: SourceTree, path: string): string | undefined {
  if (!(source instanceof ContextSource)) return undefined;
  try {
    const entry = source.lookup(path);
    if (entry?.type !== "file" || entry.size > LARGEST_TEXT) return undefined;
    const fd = openWithoutLinks(source.locate(path));
    try {
      return readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return unreadable(error, undefined);
  }
}

function unreadable<T>(error: unknown, otherwise: T): T {
  const isKnown = isSlipwayError(error)
    ? !isSlipwayError(error, "CANCELLED", "INTERNAL")
    : systemErrorCode(error) !== undefined;
  if (isKnown) return otherwise;
  throw error;
}
