import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type ArchiveContextOptions,
  readContextFile,
  readStreamedContext,
  type UnpackArchive,
} from "./archive-context.ts";
import type { MainContextSource } from "./context-source.ts";
import { type FetchUrlOptions, fetchUrl } from "./fetch-url.ts";
import { checkoutGit } from "./git-checkout.ts";
import type { GitAccess } from "./git-command.ts";
import { resolveGit } from "./git-resolve.ts";
import type { GitSource } from "./git-url.ts";

/** What it takes to bring a context from elsewhere onto this machine. */
export interface ContextDependencies {
  /** An own folder of the build, on a disk with room; the caller removes it. */
  readonly tempDir: string;
  readonly unpackArchive: UnpackArchive;
  readonly git: Omit<GitAccess, "tempDir" | "signal">;
  readonly http?: Omit<FetchUrlOptions, "dir" | "signal" | "etag" | "lastModified">;
  /** Standard input. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** A main context from elsewhere, as a folder of this machine. Ignore files do not apply to it (SPEC DI-02). */
export interface RemoteContext {
  readonly root: string;
  /** The Dockerfile itself, where the source was one; else it is looked for in `root`, with `confined`. */
  readonly dockerfile?: { readonly name: string; readonly bytes: Buffer };
  /** Full id, for a git context. */
  readonly commit?: string;
}

/**
 * Brings a context onto this machine (SPEC SG-15, SG-16): the unpacked archive of standard input or a URL, a git checkout, or
 * an empty folder beside a lone Dockerfile. To be opened with `openLocalContext`.
 */
export async function fetchMainContext(
  source: Exclude<MainContextSource, { kind: "local" }>,
  deps: ContextDependencies,
): Promise<RemoteContext> {
  switch (source.kind) {
    case "stdin":
      return fromStdin(deps);
    case "git":
      return fetchGitTree(source.source, deps);
    case "url":
      return fromUrl(source.url, deps);
    default:
      return source satisfies never;
  }
}

/** A git repository as a folder: for contexts, named contexts and ADD. */
export async function fetchGitTree(
  source: GitSource,
  deps: ContextDependencies,
): Promise<RemoteContext & { commit: string }> {
  const access = { ...deps.git, tempDir: join(deps.tempDir, "git-home"), ...signalOf(deps) };
  const resolved = await resolveGit(source, access);
  const { root } = await checkoutGit(source, resolved, { ...access, dir: join(deps.tempDir, "tree") });
  return { root, commit: resolved.commit };
}

/** A URL as a named context: a folder that holds one file called `context`, never unpacked (SPEC SG-10). */
export async function fetchUrlFolder(url: string, deps: ContextDependencies): Promise<RemoteContext> {
  const root = join(deps.tempDir, "context");
  await mkdir(root, { recursive: true });
  await rename(await download(url, deps), join(root, "context"));
  return { root };
}

async function fromStdin(deps: ContextDependencies): Promise<RemoteContext> {
  const streamed = await readStreamedContext(deps.stdin ?? nothing(), archiveOptions(deps));
  if (streamed.kind === "archive") return { root: streamed.root };
  const root = join(deps.tempDir, "empty");
  await mkdir(root, { recursive: true });
  return { root, dockerfile: { name: "-", bytes: streamed.bytes } };
}

async function fromUrl(url: string, deps: ContextDependencies): Promise<RemoteContext> {
  const file = await download(url, deps);
  const streamed = await readContextFile(file, archiveOptions(deps));
  if (streamed.kind === "archive") {
    await rm(file);
    return { root: streamed.root };
  }
  const root = join(deps.tempDir, "context");
  await mkdir(root, { recursive: true });
  await rename(file, join(root, "context"));
  return { root, dockerfile: { name: "context", bytes: streamed.bytes } };
}

async function download(url: string, deps: ContextDependencies): Promise<string> {
  await mkdir(deps.tempDir, { recursive: true });
  const fetched = await fetchUrl(url, { ...deps.http, dir: deps.tempDir, ...signalOf(deps) });
  if (fetched.kind !== "fetched") throw new TypeError("a download without validators cannot be unchanged");
  return fetched.path;
}

function archiveOptions(deps: ContextDependencies): ArchiveContextOptions {
  return { dir: join(deps.tempDir, "archive"), unpackArchive: deps.unpackArchive, ...signalOf(deps) };
}

function signalOf(deps: ContextDependencies): { signal?: AbortSignal } {
  return deps.signal ? { signal: deps.signal } : {};
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
