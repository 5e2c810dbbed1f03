import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DockerCredentials } from "../../src/registry/credentials.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Credentials from a config.json with this content, and the file's path. */
function store(config: unknown, options: { path?: string; warnings?: string[] } = {}) {
  const configPath = join(temporaryFolder(), "docker", "config.json");
  const text = typeof config === "string" ? config : JSON.stringify(config);
  if (config !== undefined) writeTree(join(configPath, ".."), { "config.json": text });
  const credentials = new DockerCredentials({
    configPath,
    environment: { PATH: `${options.path ?? ""}:${process.env.PATH}` },
    helperTimeoutMs: 5000,
    onWarning: (message) => options.warnings?.push(message),
  });
  return { configPath, credentials };
}

/** A folder with a credential helper that keeps one entry in files beside it and writes down how it was called. */
function helperFolder(name: string, script: string): string {
  const folder = temporaryFolder();
  const file = join(folder, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\ncd "$(dirname "$0")"\n${script}\n`, { mode: 0o755 });
  return folder;
}

describe("Docker's config.json", () => {
  const auths = {
    "https://index.docker.io/v1/": { auth: base64("hub:a:b") },
    "plain.test": { username: "u", password: "p" },
    "https://old.test/v1/": { auth: base64("old:secret") },
    "token.test": { auth: base64("x:"), identitytoken: "refresh" },
    "bearer.test:5000": { registrytoken: "bear" },
    "path.test": { auth: base64("host:1") },
    "path.test/team": { auth: base64("team:2") },
    "path.test/team/app": { auth: base64("app:3") },
    "empty.test": {},
  };
  const password = (username: string, text: string) => ({ kind: "password", username, password: text });

  it.each([
    ["docker.io", "library/debian", password("hub", "a:b")],
    ["plain.test", "x", password("u", "p")],
    ["old.test", "x", password("old", "secret")],
    ["token.test", "x", { kind: "identity-token", token: "refresh" }],
    ["bearer.test:5000", "x", { kind: "bearer-token", token: "bear" }],
    ["path.test", "other", password("host", "1")],
    ["path.test", "team/x", password("team", "2")],
    ["path.test", "team/app", password("app", "3")],
    ["path.test", "teams", password("host", "1")],
    ["empty.test", "x", undefined],
    ["bearer.test", "x", undefined],
    ["unknown.test", "x", undefined],
  ])("gives the credentials of %s/%s", async (host, repository, expected) => {
    expect(await store({ auths }).credentials.lookup(host, repository)).toEqual(expected);
  });

  it("counts a missing file as an empty one", async () => {
    expect(await store(undefined).credentials.lookup("a.test", "x")).toBeUndefined();
  });

  it("does not quote a damaged file, which may hold secrets", async () => {
    const { credentials, configPath } = store('{"auths": {"a": {"auth": "c2VjcmV0"');
    await expect(credentials.lookup("a", "x")).rejects.toMatchObject({
      code: "USAGE",
      message: `${configPath} is not valid JSON`,
    });
  });

  it("writes with mode 0600 and keeps everything it does not know", async () => {
    const { credentials, configPath } = store({
      psFormat: "x",
      auths: { "a.test": { auth: "YQ==", email: "e" }, "https://b.test": { auth: "old" } },
    });
    await credentials.save("b.test", { username: "me", secret: "pw" });
    expect(JSON.parse(readFileSync(configPath, "utf8"))).toEqual({
      psFormat: "x",
      auths: { "a.test": { auth: "YQ==", email: "e" }, "b.test": { auth: base64("me:pw") } },
    });
    expect(statSync(configPath).mode & 0o777).toBe(0o600);
  });

  it("makes the file where there is none, and files Docker Hub as Docker does", async () => {
    const { credentials, configPath } = store(undefined);
    await credentials.save("docker.io", { username: "me", secret: "pw" });
    expect(JSON.parse(readFileSync(configPath, "utf8"))).toEqual({
      auths: { "https://index.docker.io/v1/": { auth: base64("me:pw") } },
    });
  });

  it("forgets every spelling of a host, and says whether there was one", async () => {
    const { credentials, configPath } = store({
      auths: { "https://a.test/v1/": {}, "a.test": {}, "a.test/x": { auth: "eA==" } },
    });
    expect(await credentials.erase("a.test")).toBe(true);
    expect(JSON.parse(readFileSync(configPath, "utf8"))).toEqual({ auths: { "a.test/x": { auth: "eA==" } } });
    expect(await credentials.erase("a.test")).toBe(false);
  });
});

describe("credential helpers", () => {
  it("asks the helper of the host with its address on standard input", async () => {
    const path = helperFolder(
      "one",
      `echo "$1 $(cat)" > call; echo '{"ServerURL":"x","Username":"me","Secret":"pw"}'`,
    );
    const { credentials } = store({ credHelpers: { "a.test": "one" } }, { path });
    expect(await credentials.lookup("a.test", "x")).toEqual({
      kind: "password",
      username: "me",
      password: "pw",
    });
    expect(readFileSync(join(path, "call"), "utf8")).toBe("get a.test\n");
    expect(await credentials.lookup("b.test", "x")).toBeUndefined();
  });

  it("takes the user name <token> for an identity token, and Docker's address for Docker Hub", async () => {
    const path = helperFolder("all", `cat > call; echo '{"Username":"<token>","Secret":"refresh"}'`);
    const { credentials } = store({ credsStore: "all" }, { path });
    expect(await credentials.lookup("docker.io", "x")).toEqual({ kind: "identity-token", token: "refresh" });
    expect(readFileSync(join(path, "call"), "utf8")).toBe("https://index.docker.io/v1/");
  });

  it("falls back to the file where the helper has nothing", async () => {
    const path = helperFolder("all", `echo "credentials not found in native keychain"; exit 1`);
    const config = { credsStore: "all", auths: { "a.test": { auth: base64("u:p") } } };
    expect(await store(config, { path }).credentials.lookup("a.test", "x")).toMatchObject({ username: "u" });
  });

  it("fails by name where the helper of the host is broken", async () => {
    const path = helperFolder("bad", `echo "no display" >&2; exit 3`);
    await expect(
      store({ credHelpers: { "a.test": "bad" } }, { path }).credentials.lookup("a.test", "x"),
    ).rejects.toMatchObject({
      code: "REGISTRY_UNAUTHORIZED",
      message: "the credential helper docker-credential-bad failed: no display",
    });
  });

  it("goes on without credentials where the helper for all hosts is missing, and says so", async () => {
    const warnings: string[] = [];
    const { credentials } = store({ credsStore: "gone" }, { warnings });
    expect(await credentials.lookup("a.test", "x")).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("docker-credential-gone")]);
  });

  it("refuses names that are no file names", async () => {
    await expect(
      store({ credHelpers: { "a.test": "../evil" } }).credentials.lookup("a.test", "x"),
    ).rejects.toMatchObject({ code: "USAGE" });
  });

  it("stores with the helper, leaving no secret in the file, and erases with it", async () => {
    const path = helperFolder("all", `echo "$1" >> call; cat >> call; echo >> call`);
    const { credentials, configPath } = store({ credsStore: "all" }, { path });
    await credentials.save("a.test", { username: "me", secret: "pw" });
    expect(await credentials.erase("a.test")).toBe(true);
    expect(readFileSync(join(path, "call"), "utf8")).toBe(
      `store\n{"ServerURL":"a.test","Username":"me","Secret":"pw"}\nerase\na.test\n`,
    );
    expect(readFileSync(configPath, "utf8")).not.toContain(base64("me:pw"));
  });
});
