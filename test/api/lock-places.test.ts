import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GitRepository } from "../context/git-repository.ts";
import { FileServer } from "../support/file-server.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const rootless = useWorkshop({ rootless: true });
let web: FileServer;

beforeAll(async () => {
  web = await FileServer.start();
});
afterAll(() => web.close());
beforeEach(() => {
  web.files.clear();
  web.requests.splice(0);
});

/** The files of a folder as a tar archive. */
const archiveOf = (folder: string): Buffer => execFileSync("tar", ["-C", folder, "-cf", "-", "."]);

describe("a git context without a network", () => {
  it("is refused, whoever tells its commit, and its server is asked nothing", async () => {
    const repository = new GitRepository();
    const commit = repository.commit({ Dockerfile: "FROM scratch\nCOPY f /\n", f: "one" });
    repository.serve(web.files, "/context.git");
    const url = `${web.url}/context.git`;
    const lock = join(shop.it.folder, "context.lock");
    await shop.it.succeed(["lock", "--lock-file", lock, url]);
    await shop.it.succeed(["build", "--lock-file", lock, url]);
    web.requests.splice(0);
    const named = shop.it.context({ Dockerfile: "FROM scratch\nCOPY --from=git f /\n" });
    for (const args of [
      [url],
      [`${url}#${commit}`],
      ["--lock-file", lock, url],
      ["--locked", "--lock-file", lock, url],
      ["--build-context", `git=${url}#${commit}`, named],
    ]) {
      const refused = await shop.it.run(["build", "--offline", ...args]);
      expect(refused.exitCode, args.join(" ")).toBe(1);
      expect(refused.stderr).toContain("(OFFLINE)");
      expect(refused.stderr).toContain("hint: ");
    }
    expect(web.requests).toEqual([]);
  });
});

describe("the lock of an archive context", () => {
  it("is obeyed where it lies in the archive, and written beside it where a place is named", async () => {
    web.files.set("/data", { body: "one" });
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}/data /f\n` });
    const bare = archiveOf(context);
    const lock = join(shop.it.folder, "archive.lock");
    expect((await shop.it.run(["lock", "-"], { input: bare })).exitCode).toBe(2);
    expect((await shop.it.run(["build", "--locked", "-"], { input: bare })).stderr).toContain(
      "(LOCK_INCOMPLETE)",
    );
    await shop.it.succeed(["lock", "--lock-file", lock, "-"], { input: bare });
    await shop.it.succeed(["build", "--locked", "--lock-file", lock, "-"], { input: bare });
    writeFileSync(join(context, "Dockerfile.lock"), readFileSync(lock));
    const locked = archiveOf(context);
    await shop.it.succeed(["build", "--locked", "-"], { input: locked });
    rmSync(join(context, "Dockerfile.lock"));
    for (const make of [mkdirSync, (path: string) => symlinkSync("nowhere", path)]) {
      make(join(context, "Dockerfile.lock"));
      const refused = await shop.it.run(["build", "-"], { input: archiveOf(context) });
      expect(refused.stderr).toContain("(LOCK_INVALID)");
      rmSync(join(context, "Dockerfile.lock"), { recursive: true });
    }
    web.files.set("/data", { body: "two" });
    const home = join(shop.it.folder, "archive-home");
    const drifted = await shop.it.run(["build", "-"], { input: locked, home });
    expect(drifted.stderr).toContain("(LOCK_DRIFTED)");
  });
});

describe("a lock of an ordinary user", () => {
  it("is written, verified by exit code, obeyed, and drift is shown", async () => {
    web.files.set("/data", { body: "one" });
    const context = rootless.it.context({
      Dockerfile: `FROM busybox\nADD --chmod=644 ${web.url}/data /f\nRUN cat /f > /copy\n`,
    });
    const lock = ["--lock-file", join(rootless.it.folder, "user.lock")];
    await rootless.it.succeed(["lock", ...lock, context]);
    await rootless.it.succeed(["build", "--locked", ...lock, "-t", "pinned", context]);
    expect(await rootless.it.shell("pinned", "cat /copy")).toBe("one");
    expect((await rootless.it.run(["lock", "--verify", ...lock, context])).exitCode).toBe(0);
    web.files.set("/data", { body: "three" });
    const drift = await rootless.it.run(["lock", "--verify", ...lock, context]);
    expect(drift.exitCode).toBe(1);
    expect(drift.stdout).toContain(`~ url ${web.url}/data\n    checksum: sha256:`);
    expect(drift.stdout).toContain("    size: 3\n       -> 5\n");
    const offline = ["build", "--offline", ...lock, "--progress=plain", context];
    expect(stateOf((await rootless.it.succeed(offline)).stderr, "RUN")).toBe("CACHED");
  });
});

describe("what is private", () => {
  it("is locked and built with the secret that opens it, which the lock does not hold", async () => {
    const repository = new GitRepository();
    const commit = repository.commit({ f: "private" });
    repository.serve(web.files, "/private.git");
    const token = "tok3n-f0r-git";
    const authorization = `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
    for (const [path, file] of web.files) web.files.set(path, { ...file, authorization });
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}/private.git /\n` });
    const secret = ["--secret", "id=GIT_AUTH_TOKEN,env=TOKEN"];
    const env = { TOKEN: token };
    expect((await shop.it.run(["lock", context])).stderr).toContain("(GIT_FAILED)");
    await shop.it.succeed(["lock", ...secret, context], { env });
    const text = readFileSync(join(context, "Dockerfile.lock"), "utf8");
    expect(text).toContain(commit);
    expect(text).not.toContain(token);
    const out = join(shop.it.folder, "private.out");
    await shop.it.succeed(["build", "--locked", ...secret, "-o", out, context], { env });
    expect(readFileSync(join(out, "f"), "utf8")).toBe("private");
    expect((await shop.it.run(["lock", "--verify", ...secret, context], { env })).exitCode).toBe(0);
  });

  it("is not asked for over ssh before an agent is given", async () => {
    const context = shop.it.context({ Dockerfile: "FROM scratch\nADD git@127.0.0.1:o/r.git /\n" });
    const refused = await shop.it.run(["lock", context]);
    expect(refused.stderr).toContain("unset ssh forward key default");
    expect(refused.stderr).toContain("(SECRET_NOT_FOUND)");
    expect(refused.stderr).toMatch(/^context-\d+\/Dockerfile:2\n/);
  });
});
