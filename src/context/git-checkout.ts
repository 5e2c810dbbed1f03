import { lstatSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { type GitAccess, GitCommand } from "./git-command.ts";
import { missingRef, type ResolvedGit } from "./git-resolve.ts";
import type { GitSource } from "./git-url.ts";
import { settleWorktree } from "./git-worktree.ts";

/** A checkout on the disk. */
export interface GitCheckout {
  /** The folder to serve: the worktree, or its subdirectory. */
  readonly root: string;
  /** Seconds since the epoch. */
  readonly commitTime: number;
}

/**
 * Fetches a resolved source into `dir`, which must not exist or be empty (SPEC AD-14): files 0644 or 0755, folders 0755,
 * submodules unless they were declined, `.git` only where it is kept. Throws `GIT_FAILED`.
 */
export async function checkoutGit(
  source: GitSource,
  resolved: ResolvedGit,
  options: GitAccess & { readonly dir: string },
): Promise<GitCheckout> {
  const { dir } = options;
  const git = await GitCommand.create(source, options);
  makeFolders(dir);
  const format = resolved.commit.length === 64 ? "sha256" : "sha1";
  await git.run(["init", "--quiet", "--template=", `--object-format=${format}`, "--", dir]);
  await git.run(["config", "remote.origin.url", source.remote], dir);
  await fetchCommit(git, source, resolved, dir);
  await git.run(["checkout", "--quiet", "--force", "--detach", resolved.commit], dir);
  if (source.submodules !== false && isPlain(join(dir, ".gitmodules"), "file"))
    await git.run(["submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"], dir);
  const commitTime = Number((await git.run(["show", "-s", "--format=%ct", resolved.commit], dir)).trim());
  const keep = source.keepGitDir === true && source.subdir === undefined;
  if (keep) await tidyGitDir(git, resolved, dir);
  await settleWorktree(dir, {
    keepGitDir: keep,
    ...(source.mtime === "commit" ? { mtime: commitTime } : {}),
  });
  return { root: subdirOf(source, dir), commitTime };
}

/** Depth 1 first: by name where there is one, since few servers refuse that; the whole history where nothing else works. */
async function fetchCommit(
  git: GitCommand,
  source: GitSource,
  resolved: ResolvedGit,
  dir: string,
): Promise<void> {
  const wanted = resolved.ref ?? resolved.commit;
  const shallow = await fetchInto(git, source, dir, ["--depth=1"], wanted);
  if (shallow.ok && (await hasCommit(git, resolved, dir))) return;
  if (resolved.ref !== undefined) {
    // The ref moved since it was resolved, or the server cannot do shallow fetches.
    const exact = await fetchInto(git, source, dir, ["--depth=1"], resolved.commit);
    if (exact.ok && (await hasCommit(git, resolved, dir))) return;
  }
  const unreachable =
    /Authentication failed|could not read|Could not resolve|unable to (access|connect)/.test(shallow.stderr);
  if (unreachable) throw git.failure(shallow.stderr);
  const unshallow = isPlain(join(dir, ".git/shallow"), "file") ? ["--unshallow"] : [];
  const whole = await fetchInto(git, source, dir, unshallow, "refs/heads/*", "refs/tags/*");
  if (!whole.ok) throw git.failure(whole.stderr);
  if (!(await hasCommit(git, resolved, dir))) throw missingRef(source, source.ref ?? resolved.commit);
}

function fetchInto(
  git: GitCommand,
  source: GitSource,
  dir: string,
  flags: readonly string[],
  ...refs: readonly string[]
): ReturnType<GitCommand["attempt"]> {
  const specs = refs.map((ref) => `+${ref}:refs/slipway/${ref.endsWith("*") ? ref : "fetched"}`);
  const fixed = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--update-shallow"];
  return git.attempt([...fixed, ...flags, "--", source.remote, ...specs], dir);
}

async function hasCommit(git: GitCommand, resolved: ResolvedGit, dir: string): Promise<boolean> {
  return (await git.attempt(["cat-file", "-e", `${resolved.commit}^{commit}`], dir)).ok;
}

/** The kept `.git` is what a clone would have: the origin, HEAD on the ref, nothing that tells of this machine. */
async function tidyGitDir(git: GitCommand, resolved: ResolvedGit, dir: string): Promise<void> {
  const { ref, commit, tagObject } = resolved;
  if (ref?.startsWith("refs/heads/")) {
    await git.run(["update-ref", ref, commit], dir);
    await git.run(["symbolic-ref", "HEAD", ref], dir);
  } else if (ref?.startsWith("refs/tags/")) await git.run(["update-ref", ref, tagObject ?? commit], dir);
  await git.run(["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"], dir);
  const own = (await git.run(["for-each-ref", "--format=%(refname)", "refs/slipway"], dir))
    .split("\n")
    .filter(Boolean);
  for (const name of own) await git.run(["update-ref", "-d", name], dir);
  for (const name of ["FETCH_HEAD", "ORIG_HEAD", "logs", "hooks", "refs/slipway"])
    await rm(join(dir, ".git", name), { recursive: true, force: true });
}

/** No component of a subdirectory may be a link (CVE-2026-33748). */
function subdirOf(source: GitSource, dir: string): string {
  let path = dir;
  for (const part of source.subdir?.split("/") ?? []) {
    path = join(path, part);
    if (part !== ".git" && isPlain(path, "dir")) continue;
    throw new SlipwayError(
      "GIT_FAILED",
      `subdir "${printableName(source.subdir!)}" is not a directory of ${source.remote}`,
      {
        facts: { remote: source.remote, subdir: source.subdir },
      },
    );
  }
  return path;
}

function isPlain(path: string, type: "file" | "dir"): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return (type === "file" ? stats?.isFile() : stats?.isDirectory()) ?? false;
}
