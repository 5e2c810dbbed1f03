import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import { LIMITS } from "../core/limits.ts";
import { suggest } from "../core/suggest.ts";
import { contextMissing } from "./context-missing.ts";
import { type IgnoreRules, parseIgnoreFile } from "./ignore-rules.ts";
import { type ReadSmallOptions, readSmallFile } from "./read-small-file.ts";

export interface FindDockerfileOptions {
  /** Folder of the build context. */
  readonly contextRoot: string;
  /** `--file`; relative to `cwd`. Left out: `Dockerfile` in the context, else `dockerfile` (SPEC DI-03). */
  readonly file?: string;
  readonly cwd: string;
  /** For contexts from elsewhere: `file` is relative to the context, and no link may lead out of it. */
  readonly confined?: boolean;
  /** Ends the waiting for the writer of a pipe. */
  readonly signal?: AbortSignal | undefined;
}

export interface FoundDockerfile {
  /** For messages: relative to `cwd` where it is below it. */
  readonly name: string;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Bytes and name of an ignore file. */
export interface IgnoreFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Finds and reads the Dockerfile; it is read from the disk whether or not an ignore file hides it (SPEC PO-01, DI-11). Throws
 * `CONTEXT_NOT_FOUND`, `DOCKERFILE_NOT_FOUND` (with names nearby as a hint), `DOCKERFILE_SYNTAX` (too large).
 */
export async function findDockerfile(options: FindDockerfileOptions): Promise<FoundDockerfile> {
  requireFolder(options.contextRoot);
  const base = options.confined ? options.contextRoot : options.cwd;
  const wanted =
    options.file === undefined ? join(options.contextRoot, "Dockerfile") : resolve(base, options.file);
  const candidates =
    basename(wanted) === "Dockerfile" ? [wanted, join(dirname(wanted), "dockerfile")] : [wanted];
  for (const path of candidates) {
    if (options.confined && leavesContext(options.contextRoot, path)) continue;
    const name = nameFor(path, base);
    const allowPipe = options.file !== undefined && !options.confined;
    const bytes = await readDockerfile(path, name, { allowPipe, signal: options.signal });
    if (bytes) return { name, path, bytes };
  }
  throw missing(wanted, nameFor(wanted, base), options);
}

/**
 * The ignore file in force for a local context (SPEC DI-01): `<Dockerfile>.dockerignore` beside the Dockerfile if it exists,
 * even an empty one; otherwise `.dockerignore` in the root. `dockerfilePath` is left out where the Dockerfile is no file.
 */
export async function findIgnoreFile(
  contextRoot: string,
  dockerfilePath?: string,
): Promise<IgnoreFile | undefined> {
  const general = join(contextRoot, ".dockerignore");
  const paths = dockerfilePath === undefined ? [general] : [`${dockerfilePath}.dockerignore`, general];
  for (const path of paths) {
    const found = await readSmallFile(path, { limit: LIMITS.dockerfile });
    const name = printableName(nameFor(path, contextRoot));
    if (found.kind === "bytes") return { name, bytes: found.bytes };
    if (found.kind === "too-large")
      throw new SlipwayError(
        "CONTEXT_INVALID",
        `${name} is larger than ${LIMITS.dockerfile / 1024 / 1024} MiB`,
      );
  }
  return undefined;
}

/** `findIgnoreFile`, parsed; undefined where there is none. Throws `IGNORE_PATTERN_INVALID`. */
export async function readIgnoreRules(
  contextRoot: string,
  dockerfilePath?: string,
): Promise<IgnoreRules | undefined> {
  const file = await findIgnoreFile(contextRoot, dockerfilePath);
  return file && parseIgnoreFile(file.bytes, file.name);
}

async function readDockerfile(
  path: string,
  name: string,
  options: Omit<ReadSmallOptions, "limit">,
): Promise<Buffer | undefined> {
  const found = await readSmallFile(path, { limit: LIMITS.dockerfile, ...options });
  switch (found.kind) {
    case "bytes":
      return found.bytes;
    case "missing":
      return undefined;
    case "too-large":
      throw new SlipwayError(
        "DOCKERFILE_SYNTAX",
        `${printableName(name)} is larger than ${LIMITS.dockerfile / 1024 / 1024} MiB: this is no Dockerfile`,
      );
    case "other":
      throw new SlipwayError("DOCKERFILE_NOT_FOUND", `${printableName(name)} is not a file`, {
        hint: "name the Dockerfile itself with --file",
      });
    default:
      return found satisfies never;
  }
}

function requireFolder(contextRoot: string): void {
  const stat = statSync(fsPath(contextRoot), { throwIfNoEntry: false });
  if (!stat?.isDirectory()) throw contextMissing(contextRoot, stat !== undefined);
}

function leavesContext(contextRoot: string, path: string): boolean {
  try {
    const root = realpathSync(contextRoot);
    const real = realpathSync(path);
    return !real.startsWith(root === "/" ? root : root + sep);
  } catch {
    return true;
  }
}

function missing(path: string, name: string, options: FindDockerfileOptions): SlipwayError {
  const hint = hintFor(path, options);
  return new SlipwayError(
    "DOCKERFILE_NOT_FOUND",
    `failed to read dockerfile: ${printableName(name)} not found`,
    {
      hint,
      facts: { path },
    },
  );
}

function hintFor(path: string, options: FindDockerfileOptions): string {
  const inContext =
    options.file !== undefined && !options.confined ? join(options.contextRoot, options.file) : undefined;
  if (inContext !== undefined && existsSync(fsPath(inContext)))
    return `--file is relative to the current folder, not to the context: try --file ${printableName(nameFor(inContext, options.cwd))}`;
  const near = nearName(dirname(path), basename(path));
  if (near === undefined)
    return "name the Dockerfile with --file, or the folder that holds it as the build context";
  return `there is a ${printableName(near)} in that folder: name it with --file ${printableName(nameFor(join(dirname(path), near), options.confined ? options.contextRoot : options.cwd))}`;
}

/** A file in the folder that is probably meant: another spelling, or another usual name. */
function nearName(folder: string, wanted: string): string | undefined {
  let names: readonly string[];
  try {
    names = readdirSync(fsPath(folder), { withFileTypes: true })
      .filter((item) => !item.isDirectory())
      .map((item) => item.name);
  } catch {
    return undefined;
  }
  const lower = wanted.toLowerCase();
  const candidates = names.filter((name) => !name.endsWith(".dockerignore"));
  return (
    candidates.find((name) => name.toLowerCase() === lower) ??
    candidates.find((name) => name.toLowerCase() === "containerfile") ??
    candidates.find((name) => /^dockerfile[._-]|[._-]dockerfile$/i.test(name)) ??
    suggest(wanted, candidates)
  );
}

function nameFor(path: string, base: string): string {
  const short = relative(base, path);
  return short === "" || short === ".." || short.startsWith(`..${sep}`) ? path : short;
}
