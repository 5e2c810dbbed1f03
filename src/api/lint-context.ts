import { closeSync, readFileSync, readSync } from "node:fs";
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
      text: (path) => readFrom(source, path, wholeText),
      head: (path) => readFrom(source, path, headOf),
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

type Reader = (fd: number, size: number) => string | undefined;

/** Files of an archive would have to be unpacked first. */
function readFrom(source: SourceTree, path: string, read: Reader): string | undefined {
  if (!(source instanceof ContextSource)) return undefined;
  try {
    const entry = source.lookup(path);
    if (entry?.type !== "file") return undefined;
    const fd = openWithoutLinks(source.locate(path));
    try {
      return read(fd, entry.size);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return unreadable(error, undefined);
  }
}

const wholeText: Reader = (fd, size) => (size > LARGEST_TEXT ? undefined : readFileSync(fd, "utf8"));

const headOf: Reader = (fd) => {
  const bytes = Buffer.alloc(512);
  return bytes.toString("latin1", 0, readSync(fd, bytes));
};

function unreadable<T>(error: unknown, otherwise: T): T {
  const isKnown = isSlipwayError(error)
    ? !isSlipwayError(error, "CANCELLED", "INTERNAL")
    : systemErrorCode(error) !== undefined;
  if (isKnown) return otherwise;
  throw error;
}
