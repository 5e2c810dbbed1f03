import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { GitAccess } from "../../src/context/git-command.ts";
import { type GitSource, parseGitUrl } from "../../src/context/git-url.ts";
import { fill, type Layout, tempFolder } from "./temp-folder.ts";

/** A repository of this machine, made with git itself. */
export class GitRepository {
  readonly dir = tempFolder();
  readonly #home = tempFolder();

  constructor(format: "sha1" | "sha256" = "sha1") {
    this.git("init", "--quiet", "--initial-branch=main", `--object-format=${format}`);
    this.git("config", "uploadpack.allowAnySHA1InWant", "false");
  }

  git(...args: string[]): string {
    const when = "2020-01-02T03:04:05Z";
    const env = {
      ...{ PATH: process.env.PATH, HOME: this.#home, GIT_CONFIG_NOSYSTEM: "1", GIT_ALLOW_PROTOCOL: "file" },
      ...{
        GIT_AUTHOR_NAME: "A",
        GIT_AUTHOR_EMAIL: "a@b",
        GIT_COMMITTER_NAME: "A",
        GIT_COMMITTER_EMAIL: "a@b",
      },
      ...{ GIT_AUTHOR_DATE: when, GIT_COMMITTER_DATE: when },
    };
    return execFileSync("git", args, {
      cwd: this.dir,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }

  /** Writes the files, commits all there is, and gives the commit id. */
  commit(layout: Layout): string {
    fill(this.dir, layout);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "-m", "change");
    return this.git("rev-parse", "HEAD");
  }

  /** Puts the repository among the files of a web server, as any server of files can serve one. */
  serve(files: Map<string, { readonly body: Uint8Array | string }>, path: string): void {
    this.git("update-server-info");
    const root = join(this.dir, ".git");
    for (const name of readdirSync(root, { recursive: true, encoding: "utf8" }))
      if (statSync(join(root, name)).isFile())
        files.set(`${path}/${name}`, { body: readFileSync(join(root, name)) });
  }

  source(suffix = ""): GitSource {
    return parseGitUrl(`file://${this.dir}/.git${suffix}`, { allowFile: true })!;
  }
}

export function gitAccess(more: Partial<GitAccess> = {}): GitAccess {
  return {
    env: { PATH: process.env.PATH ?? "" },
    tempDir: join(tempFolder(), "home"),
    allowFile: true,
    ...more,
  };
}
