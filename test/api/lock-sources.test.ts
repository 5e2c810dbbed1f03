import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { GitRepository } from "../context/git-repository.ts";
import { FileServer } from "../support/file-server.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
/** A second machine. */
const other = useWorkshop();
const DATED = { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" };
let web: FileServer;

beforeAll(async () => {
  web = await FileServer.start();
});
afterAll(() => web.close());
beforeEach(() => {
  web.files.clear();
  web.requests.splice(0);
});

interface LockDocument {
  readonly urls?: Readonly<Record<string, { checksum: string; size: number; modified?: string }>>;
  readonly git?: Readonly<Record<string, { commit: string; ref?: string; tag?: string }>>;
}
const lockOf = (context: string) =>
  JSON.parse(readFileSync(join(context, "Dockerfile.lock"), "utf8")) as LockDocument;

describe("URLs in a lock", () => {
  it("have checksum, size and time; a build takes those bytes or none, and asks nobody for what is here", async () => {
    web.files.set("/tool", { body: "one\n", headers: DATED });
    const url = `${web.url}/tool`;
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${url} /tool\n` });
    await shop.it.succeed(["build", context]);
    await shop.it.succeed(["lock", context]);
    expect(lockOf(context).urls).toEqual({
      [url]: { checksum: digestOf("one\n"), size: 4, modified: "2024-01-01T00:00:00Z" },
    });
    web.requests.splice(0);
    web.files.set("/tool", { body: "two\n" });
    // The key is what it was without the lock.
    const cached = await shop.it.succeed(["build", "--locked", "--progress=plain", context]);
    expect(stateOf(cached.stderr, "ADD")).toBe("CACHED");
    await shop.it.succeed(["build", "--locked", "--no-cache", context]);
    expect(web.requests).toEqual([]);
    const drifted = await other.it.run(["build", "--locked", context]);
    expect(drifted.exitCode).toBe(1);
    expect(drifted.stderr).toContain(
      `the URL ${url} is not what Dockerfile.lock says`.replace(
        "Dockerfile.lock",
        `${context}/Dockerfile.lock`,
      ),
    );
    expect(drifted.stderr).toContain(
      `it serves ${digestOf("two\n")}, and not ${digestOf("one\n")} (4 bytes)`,
    );
    expect(drifted.stderr).toContain("(LOCK_DRIFTED)");
    expect(drifted.stderr).toContain(`slipway lock --update ${url}`);
    expect(drifted.stderr).toContain(">>> ADD");
    const verify = await shop.it.run(["lock", "--verify", context]);
    expect(verify.exitCode).toBe(1);
    expect(verify.stdout).toContain(`~ url ${url}\n    checksum: ${digestOf("one\n")}\n`);
    await shop.it.succeed(["lock", "--update", url, context]);
    await other.it.succeed(["build", "--locked", context]);
  });

  it("the image is the same wherever it is built, also where a server tells another time", async () => {
    web.files.set("/same", { body: "same", headers: DATED });
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}/same /f\n` });
    await shop.it.succeed(["lock", context]);
    const epoch = ["--build-arg", "SOURCE_DATE_EPOCH=1704153600"];
    const here = await shop.it.succeed(["build", "-q", ...epoch, context]);
    web.files.set("/same", { body: "same", headers: { "last-modified": "Tue, 02 Jan 2024 00:00:00 GMT" } });
    const there = await other.it.succeed(["build", "-q", ...epoch, context]);
    expect(there.stdout).toBe(here.stdout);
    expect((await shop.it.run(["lock", "--verify", context])).exitCode).toBe(0);
  });

  it("have no password in their name, are kept where the server says nothing of their age, and agree with --checksum", async () => {
    web.files.set("/plain", { body: "plain" });
    const url = `${web.url}/plain`.replace("://", "://ann:hunter2@");
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${url} /f\n` });
    await shop.it.succeed(["lock", context]);
    expect(readFileSync(join(context, "Dockerfile.lock"), "utf8")).not.toContain("hunter2");
    web.requests.splice(0);
    await shop.it.succeed(["build", "--offline", "--locked", context]);
    expect(web.requests).toEqual([]);
    const checksum = digestOf("other");
    const add = `ADD --checksum=${checksum} ${url} /f`;
    writeFileSync(join(context, "Dockerfile"), `FROM scratch\n${add}\n`);
    web.files.set("/plain", { body: "other" });
    const { stderr } = await shop.it.run(["build", "--no-cache", context]);
    expect(stderr).toContain("(LOCK_DRIFTED)");
    await shop.it.succeed(["lock", context]);
    await shop.it.succeed(["build", "--locked", context]);
    // What the Dockerfile promises needs no entry.
    writeFileSync(join(context, "Dockerfile.lock"), '{"lockVersion": 1}');
    await shop.it.succeed(["build", "--locked", context]);
  });

  it("have no value of a secret build argument in their name, and hold with another one; nothing that is said has it", async () => {
    const [first, second, third] = [
      "Zx81kq77PmQ2v9LtR4aa",
      "Qm55tt91LwX8b3KpN7cc",
      "Hn31rr62TyV9c5JqM8dd",
    ] as const;
    web.files.set(`/${first}/f`, { body: "one" });
    web.files.set(`/${second}/f`, { body: "one" });
    web.files.set("/v1", { body: "v" });
    const dockerfile = `FROM scratch AS got\nARG API_TOKEN V\nADD ${web.url}/$API_TOKEN/f /f\nADD ${web.url}/v$V /v\nFROM scratch\nCOPY --from=got / /\n`;
    const context = shop.it.context({ Dockerfile: dockerfile });
    const args = (token: string) => ["--build-arg", `API_TOKEN=${token}`, "--build-arg", "V=1", context];
    const locked = await shop.it.succeed(["lock", ...args(first)]);
    expect(locked.stdout).toContain("/$API_TOKEN/f");
    expect(Object.keys(lockOf(context).urls!)).toEqual([`${web.url}/$API_TOKEN/f`, `${web.url}/v1`]);
    expect((await shop.it.run(["lock", "--verify", ...args(second)])).exitCode).toBe(0);
    for (const token of [first, second]) await other.it.succeed(["build", "--locked", ...args(token)]);
    web.files.delete(`/${first}/f`);
    const gone = await shop.it.run(["lock", "--update", ...args(first)]);
    expect(gone.stderr).toContain("(DOWNLOAD_FAILED)");
    web.files.set(`/${third}/f`, { body: "two" });
    const drifted = await other.it.run(["build", "--locked", "--no-cache", ...args(third)]);
    expect(drifted.stderr).toContain("/$API_TOKEN/f is not what");
    const said = [locked, gone, drifted].flatMap(({ stdout, stderr }) => [stdout, stderr]).join("");
    for (const token of [first, second, third]) expect(said).not.toContain(token);
  });

  it("--locked refuses one that is missing, before any step runs; --offline one that is not here", async () => {
    web.files.set("/new", { body: "new" });
    const dockerfile = `FROM busybox\nRUN echo ran\nADD ${web.url}/new /f\n`;
    const context = shop.it.context({ Dockerfile: dockerfile, "Dockerfile.lock": '{"lockVersion": 1}' });
    const images = { "docker.io/library/busybox:latest": await imageEntry() };
    writeFileSync(join(context, "Dockerfile.lock"), JSON.stringify({ lockVersion: 1, images }));
    const refused = await shop.it.run(["build", "--progress=plain", "--locked", context]);
    expect(refused.stderr).toContain(`the URL ${web.url}/new is not in`);
    expect(refused.stderr).toContain("(LOCK_INCOMPLETE)");
    expect(refused.stderr).toContain(">>> ADD");
    expect(refused.stderr).not.toContain("RUN echo ran\n#");
    const offline = await shop.it.run(["build", "--offline", context]);
    expect(offline.stderr).toContain(`what ${web.url}/new serves is not in the store`);
    expect(offline.stderr).toContain("(OFFLINE)");
    expect(web.requests).toEqual([]);
  });

  it("as contexts are locked, too", async () => {
    web.files.set("/data", { body: "one", headers: DATED });
    const context = shop.it.context({ Dockerfile: "FROM scratch\nCOPY --from=data context /f\n" });
    const flags = ["--build-context", `data=${web.url}/data`];
    await shop.it.succeed(["lock", ...flags, context]);
    expect(Object.keys(lockOf(context).urls!)).toEqual([`${web.url}/data`]);
    web.files.set("/data", { body: "two", headers: DATED });
    await shop.it.succeed(["build", "--locked", ...flags, context]);
    expect((await other.it.run(["build", "--locked", ...flags, context])).stderr).toContain("(LOCK_DRIFTED)");
  });
});

/** What a lock says of the store's busybox. */
async function imageEntry() {
  const context = shop.it.context({ Dockerfile: "FROM busybox\n" });
  await shop.it.succeed(["lock", context]);
  const { images } = JSON.parse(readFileSync(join(context, "Dockerfile.lock"), "utf8"));
  return images["docker.io/library/busybox:latest"];
}

describe("repositories in a lock", () => {
  it("stay at their commit where the branch has moved, ask nobody while the step is cached, and are told when they moved", async () => {
    const repository = new GitRepository();
    const commit = repository.commit({ f: "one" });
    repository.serve(web.files, "/moved.git");
    const url = `${web.url}/moved.git#main`;
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${url} /\n` });
    await shop.it.succeed(["lock", context]);
    expect(lockOf(context).git).toEqual({ [url]: { commit, ref: "refs/heads/main" } });
    const next = repository.commit({ f: "two" });
    repository.serve(web.files, "/moved.git");
    const out = join(shop.it.folder, "moved.out");
    await shop.it.succeed(["build", "--locked", "-o", out, context]);
    expect(readFileSync(join(out, "f"), "utf8")).toBe("one");
    web.requests.splice(0);
    for (const flag of ["--locked", "--offline"]) {
      const cached = await shop.it.succeed(["build", flag, "--progress=plain", context]);
      expect(stateOf(cached.stderr, "ADD")).toBe("CACHED");
    }
    expect(web.requests).toEqual([]);
    const update = await shop.it.succeed(["lock", "--update", `${web.url}/moved.git`, context]);
    expect(update.stdout).toContain(`~ git ${url}\n    commit: ${commit}\n         -> ${next}\n`);
    await shop.it.succeed(["build", "--locked", "-o", out, context]);
    expect(readFileSync(join(out, "f"), "utf8")).toBe("two");
  });

  it("that lost the commit, that are missing, or that cannot be asked are told apart", async () => {
    const dockerfile = `FROM scratch\nADD ${web.url}/lost.git /\n`;
    const context = shop.it.context({ Dockerfile: dockerfile });
    const first = new GitRepository();
    first.commit({ f: "one" });
    first.serve(web.files, "/lost.git");
    await shop.it.succeed(["lock", context]);
    web.files.clear();
    const second = new GitRepository();
    second.commit({ f: "anew" });
    second.serve(web.files, "/lost.git");
    const gone = await shop.it.run(["build", "--no-cache", context]);
    expect(gone.stderr).toContain("its repository no longer has that commit");
    expect(gone.stderr).toContain("(LOCK_DRIFTED)");
    writeFileSync(join(context, "Dockerfile.lock"), '{"lockVersion": 1}');
    expect((await shop.it.run(["build", "--locked", context])).stderr).toContain("(LOCK_INCOMPLETE)");
    expect((await shop.it.run(["build", "--offline", context])).stderr).toContain("(OFFLINE)");
  });

  it("an annotated tag has its object; a whole commit id needs no entry", async () => {
    const repository = new GitRepository();
    const commit = repository.commit({ f: "one" });
    repository.git("tag", "-a", "v1", "-m", "v1");
    repository.serve(web.files, "/tagged.git");
    const context = shop.it.context({ Dockerfile: `FROM scratch\nADD ${web.url}/tagged.git#v1 /\n` });
    await shop.it.succeed(["lock", context]);
    const tag = repository.git("rev-parse", "v1");
    expect(Object.values(lockOf(context).git!)).toEqual([{ commit, ref: "refs/tags/v1", tag }]);
    const whole = shop.it.context({
      Dockerfile: `FROM scratch\nADD ${web.url}/tagged.git#${commit} /\n`,
      "Dockerfile.lock": '{"lockVersion": 1}',
    });
    await shop.it.succeed(["build", "--locked", whole]);
  });

  it("as the main context are locked in a file of this machine; a lock in them counts for the rest", async () => {
    web.files.set("/add", { body: "added", headers: DATED });
    const repository = new GitRepository();
    const commit = repository.commit({
      Dockerfile: `FROM scratch\nADD ${web.url}/add /\nCOPY f /\n`,
      f: "one",
    });
    repository.serve(web.files, "/main.git");
    const url = `${web.url}/main.git`;
    const nowhere = await shop.it.run(["lock", url]);
    expect(nowhere.exitCode).toBe(2);
    expect(nowhere.stderr).toContain("--lock-file");
    const file = join(shop.it.folder, "main.lock");
    await shop.it.succeed(["lock", "--lock-file", file, url]);
    expect(existsSync(file)).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ git: { [url]: { commit } } });
    repository.commit({ f: "two", "Dockerfile.lock": '{"lockVersion": 1}' });
    repository.serve(web.files, "/main.git");
    const out = join(shop.it.folder, "main.out");
    await shop.it.succeed(["build", "--locked", "--lock-file", file, "-o", out, url]);
    expect(readFileSync(join(out, "f"), "utf8")).toBe("one");
    const inside = await shop.it.run(["build", "--locked", url]);
    expect(inside.stderr).toContain(`the git source ${url} is not in Dockerfile.lock`);
  });
});
