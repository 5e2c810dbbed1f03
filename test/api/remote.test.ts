import { execFileSync } from "node:child_process";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { digestOf, hexOf } from "../../src/core/digest.ts";
import { GitRepository } from "../context/git-repository.ts";
import { FileServer } from "../support/file-server.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const DATED = { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" };
const DATE = 1704067200;
/** Of every commit of `GitRepository`. */
const COMMITTED = 1577934245;
let web: FileServer;

beforeAll(async () => {
  web = await FileServer.start();
});
afterAll(() => web.close());
beforeEach(() => web.files.clear());

const serve = (repository: GitRepository, path: string) => repository.serve(web.files, path);

/** A tar whose files have these times. */
function archive(content: Readonly<Record<string, string>>, time: number): Buffer {
  const folder = shop.it.context(content);
  for (const name of Object.keys(content)) utimesSync(join(folder, name), time, time);
  return execFileSync("tar", ["-cf", "-", "-C", folder, ...Object.keys(content)]);
}

async function createdOf(flags: readonly string[], context: string): Promise<string> {
  await shop.it.succeed(["build", "-t", "dated", ...flags, context]);
  return (await shop.it.inspect("dated")).Created;
}

describe("ADD from a URL", () => {
  it.each([
    ["an ETag", { etag: '"1"' }],
    ["Last-Modified", DATED],
  ])("AD-06: what has not changed by %s is not downloaded again", async (_, headers) => {
    const path = `/f-${Object.keys(headers)[0]}`;
    web.files.set(path, { body: "one", headers });
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}${path} /f\n` });
    await shop.it.succeed(["build", context]);
    expect(web.take(path)).toEqual([200]);
    const again = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(web.take(path)).toEqual([304]);
    expect(stateOf(again.stderr, "ADD")).toBe("CACHED");
    const anew = await shop.it.succeed(["build", "--progress=plain", "--no-cache", context]);
    expect(web.take(path)).toEqual([304]);
    expect(stateOf(anew.stderr, "ADD")).toBe("DONE");
  });

  it("AD-06: what has changed is downloaded and added again", async () => {
    web.files.set("/g", { body: "one", headers: { etag: '"1"' } });
    const context = shop.it.context({ Dockerfile: `FROM busybox\nADD ${web.url}/g /f\n` });
    await shop.it.succeed(["build", context]);
    web.files.set("/g", { body: "two", headers: { etag: '"2"' } });
    await shop.it.succeed(["build", "-t", "fresh", context]);
    expect(web.take("/g")).toEqual([200, 200]);
    expect(await shop.it.shell("fresh", "cat /f")).toBe("two");
  });

  it("AD-06: a time that is as young as the answer tells nothing", async () => {
    const headers = { "last-modified": new Date(Date.now() + 60_000).toUTCString() };
    web.files.set("/young", { body: "one", headers });
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}/young /f\n` });
    await shop.it.succeed(["build", context]);
    await shop.it.succeed(["build", context]);
    expect(web.take("/young")).toEqual([200, 200]);
  });

  it("AD-06: a cached step with a checksum asks nobody, and its bytes are not downloaded twice", async () => {
    web.files.set("/sum", { body: "sum\n", headers: DATED });
    const add = `ADD --checksum=${digestOf("sum\n")} ${web.url}/sum /s\n`;
    const context = shop.it.context({ Dockerfile: `FROM scratch\n${add}` });
    await shop.it.succeed(["build", context]);
    expect(web.take("/sum")).toEqual([200]);
    const again = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(stateOf(again.stderr, "ADD")).toBe("CACHED");
    const other = shop.it.context({ Dockerfile: `FROM busybox\n${add}` });
    await shop.it.succeed(["build", "-t", "summed", other]);
    expect(web.take("/sum")).toEqual([]);
    expect(await shop.it.shell("summed", `stat -c %Y /s`)).toBe(`${DATE}\n`);
  });

  it("AD-06: bytes that were pruned or damaged are downloaded again", async () => {
    web.files.set("/lost", { body: "lost", headers: { etag: '"1"' } });
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}/lost /f\n` });
    await shop.it.succeed(["build", context]);
    await shop.it.succeed(["system", "prune", "--force"]);
    await shop.it.succeed(["build", "--no-cache", context]);
    expect(web.take("/lost")).toEqual([200, 200]);
  });

  it("AD-06: what is said of a damaged download shows no password", async () => {
    web.files.set("/kept", { body: "kept", headers: { etag: '"1"' } });
    const url = web.url.replace("://", "://bob:hunter2@");
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${url}/kept /f\n` });
    await shop.it.succeed(["build", context]);
    writeFileSync(join(shop.it.home, "oci/blobs/sha256", hexOf(digestOf("kept"))), "KEPT");
    const { stderr } = await shop.it.run(["build", "--progress=plain", "--no-cache", context]);
    expect(stderr).toContain(`what was downloaded from ${web.url}/kept is damaged`);
    // The lines of the Dockerfile are shown as they are.
    expect(stderr.replaceAll(`ADD ${url}`, "")).not.toContain("hunter2");
  });

  it("AD-08: tokens and headers for a host are secrets of the build", async () => {
    web.files.set("/token", { body: "t", authorization: "Bearer hunter2" });
    web.files.set("/header", { body: "h", authorization: "Custom x" });
    const build = (file: string, kind: string, value: string) =>
      shop.it.run(
        [
          "build",
          `--secret=id=HTTP_AUTH_${kind}_${web.host},env=AUTH`,
          shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}${file} /f\n` }),
        ],
        { env: { AUTH: value } },
      );
    expect((await build("/token", "TOKEN", "hunter2")).exitCode).toBe(0);
    expect((await build("/header", "HEADER", "Custom x")).exitCode).toBe(0);
    expect((await build("/token", "TOKEN", "wrong")).stderr).toContain("invalid response status 401");
  });

  it("AD-06, AD-08: what one visitor got is not handed to another one", async () => {
    const build = async (token: string, body: string) => {
      web.files.set("/mine", { body, headers: DATED, authorization: `Bearer ${token}` });
      const flags = ["-t", "mine", `--secret=id=HTTP_AUTH_TOKEN_${web.host},env=T`];
      const context = shop.it.context({ Dockerfile: `FROM busybox\nADD ${web.url}/mine /f\n` });
      await shop.it.succeed(["build", ...flags, context], { env: { T: token } });
      return shop.it.shell("mine", "cat /f");
    };
    expect(await build("one", "for one")).toBe("for one");
    expect(await build("two", "for two")).toBe("for two");
    expect(web.take("/mine")).toEqual([200, 200]);
  });

  it("AD-08, SG-15: a context behind a URL takes the same secrets", async () => {
    const body = gzipSync(archive({ Dockerfile: "FROM scratch\nCOPY a /\n", a: "1" }, DATE));
    web.files.set("/private.tgz", { body, authorization: "Bearer hunter2" });
    await shop.it.succeed(
      ["build", `--secret=id=HTTP_AUTH_TOKEN_${web.host},env=T`, `${web.url}/private.tgz`],
      {
        env: { T: "hunter2" },
      },
    );
    expect((await shop.it.run(["build", `${web.url}/private.tgz`])).exitCode).toBe(1);
  });

  it("8.1: the Dockerfile itself may be behind a URL", async () => {
    web.files.set("/docker/file", { body: "FROM busybox\nCOPY a /b\n" });
    const context = shop.it.context({ a: "local\n" });
    await shop.it.succeed(["build", "-t", "remote-file", "-f", `${web.url}/docker/file`, context]);
    expect(await shop.it.shell("remote-file", "cat /b")).toBe("local\n");
  });
});

describe("git", () => {
  it("AD-15: a cached ADD asks for the commit and fetches nothing", async () => {
    const repository = new GitRepository();
    repository.commit({ f: "1\n" });
    serve(repository, "/cached.git");
    const context = shop.it.context({ Dockerfile: `FROM busybox\nADD ${web.url}/cached.git /r\n` });
    await shop.it.succeed(["build", context]);
    web.requests.splice(0);
    const again = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(stateOf(again.stderr, "ADD")).toBe("CACHED");
    expect(web.requests.filter(({ path }) => path.includes("/objects/"))).toEqual([]);
    repository.commit({ f: "2\n" });
    serve(repository, "/cached.git");
    await shop.it.succeed(["build", "-t", "pulled", context]);
    expect(await shop.it.shell("pulled", "cat /r/f; ls -a /r | grep git; true")).toBe("2\n");
  });

  it("SG-16: the arguments of the build decide about .git and times of the main context", async () => {
    const repository = new GitRepository();
    repository.commit({ Dockerfile: "FROM busybox\nCOPY . /r/\n", f: "1\n" });
    serve(repository, "/context.git");
    const look = async (...flags: string[]) => {
      await shop.it.succeed(["build", "--no-cache", "-t", "git-context", ...flags, `${web.url}/context.git`]);
      return shop.it.shell("git-context", "stat -c %Y /r/f; ls -d /r/.git 2>/dev/null; true");
    };
    const plain = await look();
    expect(plain).toMatch(/^\d+\n$/);
    expect(Number(plain)).toBeGreaterThan(COMMITTED);
    expect(await look("--build-arg=BUILDKIT_CONTEXT_KEEP_GIT_DIR=true")).toContain("/r/.git");
    expect(await look("--build-arg=SOURCE_DATE_EPOCH=1")).toBe(`${COMMITTED}\n`);
  });

  it("AD-11: mtime of a query counts for contexts and not for ADD", async () => {
    const repository = new GitRepository();
    repository.commit({ Dockerfile: "FROM busybox\nCOPY . /r/\n", f: "1\n" });
    serve(repository, "/times.git");
    await shop.it.succeed(["build", "--no-cache", "-t", "timed", `${web.url}/times.git?mtime=commit`]);
    expect(await shop.it.shell("timed", "stat -c %Y /r/f")).toBe(`${COMMITTED}\n`);
    const Dockerfile = `FROM busybox\nADD ${web.url}/times.git?mtime=commit /r\n`;
    expect((await shop.it.build({ Dockerfile }, "-t", "untimed")).exitCode).toBe(0);
    expect(Number(await shop.it.shell("untimed", "stat -c %Y /r/f"))).toBeGreaterThan(COMMITTED);
  });

  it("AD-08: a token for the host, or for any", async () => {
    const repository = new GitRepository();
    repository.commit({ f: "1\n" });
    serve(repository, "/private.git");
    const authorization = `Basic ${Buffer.from("x-access-token:hunter2").toString("base64")}`;
    for (const [path, file] of web.files) web.files.set(path, { ...file, authorization });
    const build = (id: string) =>
      shop.it.run(
        [
          "build",
          `--secret=id=${id},env=T`,
          shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}/private.git /r\n` }),
        ],
        { env: { T: "hunter2" } },
      );
    expect((await build(`GIT_AUTH_TOKEN.${web.host}`)).exitCode).toBe(0);
    expect((await build("GIT_AUTH_TOKEN")).exitCode).toBe(0);
    expect((await build("GIT_AUTH_TOKEN.elsewhere")).exitCode).toBe(1);
  });
});

describe("SOURCE_DATE_EPOCH", () => {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000", "");
  const stage = (source: string) => `FROM scratch AS when\nADD ${source} /\nFROM scratch\nLABEL a=b\n`;
  const epoch = (value: string) => `--build-arg=SOURCE_DATE_EPOCH=${value}`;

  it("EP-02: the time of what a source-only stage adds: a URL, an archive, a repository", async () => {
    web.files.set("/dated", { body: "x", headers: DATED });
    const old = 1500000000;
    web.files.set("/undated.tgz", { body: gzipSync(archive({ a: "1", b: "2" }, old)) });
    const repository = new GitRepository();
    repository.commit({ f: "1\n" });
    serve(repository, "/when.git");
    const created = (source: string) =>
      createdOf([epoch("when")], shop.it.context({ Dockerfile: stage(source) }));
    expect(await created(`${web.url}/dated`)).toBe(time(DATE));
    expect(await created(`${web.url}/undated.tgz`)).toBe(time(old));
    expect(await created(`${web.url}/when.git`)).toBe(time(COMMITTED));
    web.files.set("/undated", { body: "x" });
    const none = await shop.it.build({ Dockerfile: stage(`${web.url}/undated`) }, epoch("when"));
    expect(none.stderr).toContain("(USAGE)");
    expect(none.stderr).toContain(`${web.url}/undated`);
  });

  it("EP-02: the time of the main context, and of named ones", async () => {
    const Dockerfile = "FROM scratch\nLABEL a=b\n";
    const body = archive({ Dockerfile }, 1500000000);
    web.files.set("/dated.tar", { body, headers: DATED });
    web.files.set("/undated.tar", { body });
    expect(await createdOf([epoch("context")], `${web.url}/dated.tar`)).toBe(time(DATE));
    expect(await createdOf([epoch("context")], `${web.url}/undated.tar`)).toBe(time(1500000000));
    const repository = new GitRepository();
    repository.commit({ Dockerfile });
    serve(repository, "/main.git");
    expect(await createdOf([epoch("context")], `${web.url}/main.git`)).toBe(time(COMMITTED));
    const local = shop.it.context({ Dockerfile });
    const named = ["--build-context", `src=${web.url}/main.git`, epoch("src")];
    expect(await createdOf(named, local)).toBe(time(COMMITTED));
    expect(Date.parse(await createdOf([epoch("context")], local)) || 0).not.toBe(DATE);
  });
});
