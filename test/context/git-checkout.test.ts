import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkoutGit, type GitCheckout } from "../../src/context/git-checkout.ts";
import { resolveGit } from "../../src/context/git-resolve.ts";
import type { GitSource } from "../../src/context/git-url.ts";
import { GitRepository, gitAccess } from "./git-repository.ts";
import { fill, tempFolder } from "./temp-folder.ts";

async function checkout(source: GitSource): Promise<GitCheckout & { dir: string }> {
  const access = gitAccess();
  const dir = join(tempFolder(), "tree");
  const resolved = await resolveGit(source, access);
  return { dir, ...(await checkoutGit(source, resolved, { ...access, dir })) };
}
const modeOf = (...path: string[]): string => (lstatSync(join(...path)).mode & 0o7777).toString(8);
const text = (...path: string[]): string => readFileSync(join(...path), "utf8");

describe("checkoutGit", () => {
  it("AD-14: files 0644 or 0755, folders 0755, links as they are, no .git", async () => {
    const repository = new GitRepository();
    fill(repository.dir, { "d/run": "#!", "d/f": "x", l: { link: "/etc/passwd" } });
    chmodSync(join(repository.dir, "d/run"), 0o700);
    repository.commit({});
    const before = process.umask(0o077);
    const { root, commitTime } = await checkout(repository.source());
    process.umask(before);
    expect(readdirSync(root).sort()).toEqual(["d", "l"]);
    expect([modeOf(root), modeOf(root, "d"), modeOf(root, "d/run"), modeOf(root, "d/f")]).toEqual([
      "755",
      "755",
      "755",
      "644",
    ]);
    expect(readlinkSync(join(root, "l"))).toBe("/etc/passwd");
    expect(commitTime).toBe(Date.parse("2020-01-02T03:04:05Z") / 1000);
    expect(lstatSync(join(root, "d/f")).mtimeMs).toBeGreaterThan(Date.parse("2021-01-01"));
  });

  it.each(["sha1", "sha256"] as const)(
    "AD-12: branch, tag, commit id and an old commit of a %s repository",
    async (format) => {
      const repository = new GitRepository(format);
      const first = repository.commit({ f: "1" });
      repository.git("tag", "-a", "-m", "n", "v1");
      const second = repository.commit({ f: "2" });
      repository.commit({ f: "3" });
      expect(text((await checkout(repository.source("#main"))).root, "f")).toBe("3");
      expect(text((await checkout(repository.source("#v1"))).root, "f")).toBe("1");
      expect(text((await checkout(repository.source(`#${first}`))).root, "f")).toBe("1");
      expect(text((await checkout(repository.source(`?fetch-by-commit&checksum=${second}`))).root, "f")).toBe(
        "2",
      );
    },
  );

  it("AD-12: a commit that is nowhere is named", async () => {
    const repository = new GitRepository();
    repository.commit({ f: "1" });
    const id = "0123456789".repeat(4);
    await expect(checkout(repository.source(`#${id}`))).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: `repository does not contain ref ${id}`,
    });
  });

  it("AD-14: a ref that moved since it was resolved still gives the resolved commit", async () => {
    const repository = new GitRepository();
    repository.commit({ f: "1" });
    const access = gitAccess();
    const resolved = await resolveGit(repository.source("#main"), access);
    repository.commit({ f: "2" });
    const dir = join(tempFolder(), "tree");
    const { root } = await checkoutGit(repository.source("#main"), resolved, { ...access, dir });
    expect(text(root, "f")).toBe("1");
  });

  it("AD-14: a kept .git has HEAD on the ref, the origin, no hooks, no logs", async () => {
    const repository = new GitRepository();
    const commit = repository.commit({ f: "1" });
    const { root } = await checkout(repository.source("?keep-git-dir=true#main"));
    expect(text(root, ".git/HEAD")).toBe("ref: refs/heads/main\n");
    expect(text(root, ".git/refs/heads/main")).toBe(`${commit}\n`);
    const object = join(".git/objects", commit.slice(0, 2), commit.slice(2));
    expect(statSync(join(root, object)).mode & 0o7777).toBe(0o444);
    expect(text(root, ".git/config")).toContain(`url = file://${repository.dir}/.git`);
    for (const name of ["hooks", "logs", "FETCH_HEAD", "refs/slipway"])
      expect(existsSync(join(root, ".git", name)), name).toBe(false);
    const status = new GitRepository();
    expect(status.git("-C", root, "-c", "safe.directory=*", "status", "--porcelain", "--branch")).toBe(
      "## main",
    );
  });

  it("AD-14: a kept .git of a tag is detached and has the tag", async () => {
    const repository = new GitRepository();
    const commit = repository.commit({ f: "1" });
    repository.git("tag", "-a", "-m", "n", "v1");
    const { root } = await checkout(repository.source("?keep-git-dir=true&tag=v1"));
    expect(text(root, ".git/HEAD")).toBe(`${commit}\n`);
    expect(text(root, ".git/refs/tags/v1")).toBe(`${repository.git("rev-parse", "v1")}\n`);
  });

  it("SG-16: mtime=commit gives everything the time of the commit", async () => {
    const repository = new GitRepository();
    repository.commit({ "d/f": "x", l: { link: "d" } });
    const { root, commitTime } = await checkout(repository.source("?mtime=commit"));
    for (const path of ["", "d", "d/f", "l"])
      expect(lstatSync(join(root, path)).mtimeMs, path).toBe(commitTime * 1000);
  });

  it("AD-14: the subdirectory becomes the root", async () => {
    const repository = new GitRepository();
    repository.commit({ "a/b/f": "x", g: "" });
    const { root } = await checkout(repository.source("?keep-git-dir#main:a/b"));
    expect(readdirSync(root)).toEqual(["f"]);
  });

  it("CVE-2026-33748: a subdirectory that is a link, goes through one, or is no folder is refused", async () => {
    const repository = new GitRepository();
    repository.commit({ "real/d/f": "x", link: { link: "/etc" }, inner: { link: "real" }, file: "" });
    for (const subdir of ["link", "inner/d", "file", "missing", ".git"])
      await expect(checkout(repository.source(`#main:${subdir}`)), subdir).rejects.toMatchObject({
        code: "GIT_FAILED",
        message: `subdir "${subdir}" is not a directory of file://${repository.dir}/.git`,
      });
  });

  it("AD-14: submodules come along, unless they are declined", async () => {
    const inner = new GitRepository();
    inner.commit({ deep: "sub" });
    const repository = new GitRepository();
    repository.git("submodule", "--quiet", "add", `file://${inner.dir}/.git`, "mod");
    repository.commit({ f: "x" });
    const { root } = await checkout(repository.source());
    expect(text(root, "mod/deep")).toBe("sub");
    expect(readdirSync(join(root, "mod"))).toEqual(["deep"]);
    const without = await checkout(repository.source("?submodules=false"));
    expect(readdirSync(join(without.root, "mod"))).toEqual([]);
  });

  it("CVE-2024-32002: hooks, filters and programs of a repository are never run", async () => {
    const repository = new GitRepository();
    const mark = join(tempFolder(), "ran");
    repository.commit({
      ".gitattributes": "* filter=evil\n",
      ".gitconfig": `[filter "evil"]\n\tsmudge = touch ${mark}\n[core]\n\tfsmonitor = touch ${mark}\n`,
      "hooks/post-checkout": `#!/bin/sh\ntouch ${mark}\n`,
      ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:1/\n",
      f: "x",
    });
    const { root } = await checkout(repository.source());
    expect(text(root, "f")).toBe("x");
    expect(existsSync(mark)).toBe(false);
  });
});
