import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gitIdentity, resolveGit } from "../../src/context/git-resolve.ts";
import { parseGitUrl } from "../../src/context/git-url.ts";
import { GitRepository, gitAccess } from "./git-repository.ts";
import { tempFolder } from "./temp-folder.ts";

describe("resolveGit", () => {
  const repository = new GitRepository();
  const ids: Record<string, string> = {};

  beforeAll(() => {
    ids.first = repository.commit({ a: "1" });
    repository.git("tag", "both");
    repository.git("tag", "-a", "-m", "note", "v1");
    ids.tag = repository.git("rev-parse", "v1");
    repository.git("branch", "old");
    repository.git("update-ref", "refs/pull/1/head", ids.first);
    ids.second = repository.commit({ a: "2" });
    repository.git("branch", "both");
    repository.git("branch", "feature/x");
  });
  const resolve = (suffix = "") => resolveGit(repository.source(suffix), gitAccess());

  it("AD-12: no ref means the remote's HEAD", async () => {
    expect(await resolve()).toEqual({ commit: ids.second, ref: "refs/heads/main" });
    expect(await resolve("#HEAD")).toEqual({ commit: ids.second, ref: "refs/heads/main" });
  });

  it("AD-12: branches come before tags, full refs are exact, annotated tags are peeled", async () => {
    expect(await resolve("#old")).toEqual({ commit: ids.first, ref: "refs/heads/old" });
    expect(await resolve("#feature/x")).toEqual({ commit: ids.second, ref: "refs/heads/feature/x" });
    expect(await resolve("#both")).toEqual({ commit: ids.second, ref: "refs/heads/both" });
    expect(await resolve("#refs/tags/both")).toEqual({ commit: ids.first, ref: "refs/tags/both" });
    expect(await resolve("?tag=v1")).toEqual({ commit: ids.first, ref: "refs/tags/v1", tagObject: ids.tag });
    expect(await resolve("#pull/1/head")).toEqual({ commit: ids.first, ref: "refs/pull/1/head" });
  });

  it("AD-12: a ref that is nowhere is named", async () => {
    for (const ref of ["nope", "x", "refs/heads/nope"])
      await expect(resolve(`#${ref}`)).rejects.toMatchObject({
        code: "GIT_FAILED",
        message: `repository does not contain ref ${ref}`,
      });
    await expect(resolve(`#${ids.first!.slice(0, 10)}`)).rejects.toMatchObject({
      hint: "a commit must be named by its full id",
    });
  });

  it("AD-12: a full commit id needs no remote", async () => {
    const source = parseGitUrl(`git://nowhere.invalid/r#${"AB".repeat(20)}`)!;
    expect(await resolveGit(source, gitAccess())).toEqual({ commit: "ab".repeat(20) });
  });

  it("AD-13: the checksum is a commit id or its beginning; a tag offers two ids", async () => {
    expect((await resolve(`?checksum=${ids.second}`)).commit).toBe(ids.second);
    expect((await resolve(`?tag=v1&checksum=${ids.tag!.slice(0, 7).toUpperCase()}`)).commit).toBe(ids.first);
    expect((await resolve(`?tag=v1&checksum=${ids.first!.slice(0, 7)}`)).commit).toBe(ids.first);
    await expect(resolve(`?checksum=${ids.first}`)).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: `expected checksum to match ${ids.first}, got ${ids.second}`,
    });
    await expect(resolve(`?tag=v1&checksum=${ids.second}`)).rejects.toThrow(
      `expected checksum to match ${ids.second}, got ${ids.first} or ${ids.tag}`,
    );
  });

  it("AD-14: fetch-by-commit takes the checksum and compares no ref", async () => {
    const source = parseGitUrl(
      `git://nowhere.invalid/r?branch=gone&fetch-by-commit&checksum=${"cd".repeat(20)}`,
    )!;
    expect(await resolveGit(source, gitAccess())).toEqual({ commit: "cd".repeat(20) });
  });

  it("AD-15: the identity says what lands, and nothing else", () => {
    const identity = (suffix: string) =>
      gitIdentity(repository.source(suffix), { commit: "c", ref: "refs/heads/main" });
    expect(identity("#main")).toBe("c");
    expect(identity("?checksum=ab#main")).toBe("c");
    expect(identity("?keep-git-dir#main:a/b")).toBe("c.git#refs/heads/main:a/b");
    expect(identity("?submodules=0&mtime=commit")).toBe("c(skip-submodules)(mtime=commit)");
  });

  it("file:// is refused unless it was allowed", async () => {
    await expect(resolveGit(repository.source(), gitAccess({ allowFile: false }))).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining("transport 'file' not allowed"),
    });
  });

  it("a folder that is no repository is an error of git", async () => {
    const source = parseGitUrl(`file://${tempFolder()}/x.git`, { allowFile: true })!;
    await expect(resolveGit(source, gitAccess())).rejects.toMatchObject({ code: "GIT_FAILED" });
  });
});

describe("authorization", () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401).end();
  });
  beforeAll(() => new Promise<void>((done) => void server.listen(0, "127.0.0.1", done)));
  afterAll(() => void server.close());
  const origin = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;

  it("AD-08: credentials and headers reach the host, and never a message", async () => {
    const withPassword = parseGitUrl(`http://me:geheim@${origin()}/r.git`)!;
    const error: Error = await resolveGit(withPassword, gitAccess()).catch((reason) => reason);
    expect(error).toMatchObject({
      code: "GIT_FAILED",
      hint: expect.stringContaining(`GIT_AUTH_TOKEN.${origin()}`),
    });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain("geheim");
    await resolveGit(withPassword, gitAccess({ authorization: "Bearer t" })).catch(() => {});
    expect(seen[0]).toBe(`Basic ${Buffer.from("me:geheim").toString("base64")}`);
    expect(seen.at(-1)).toBe("Bearer t");
  });
});
