import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

/** Who makes the images that others lock. */
const maker = useWorkshop();
const shop = useWorkshop();
let registry: TestRegistry;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry?.stop());

/** Makes an image whose `/which` has this text, for the platforms, and points a tag of the registry to it. */
async function publish(tag: string, text: string, ...flags: string[]): Promise<string> {
  const name = `${registry.host}/${tag}`;
  const context = maker.it.context({ Dockerfile: "FROM scratch\nCOPY which /which\n", which: text });
  await maker.it.succeed(["build", "-t", name, "--push", ...flags, context]);
  return name;
}

const BOTH = ["--platform", "linux/amd64,linux/arm64"];

interface LockDocument {
  readonly lockVersion: number;
  readonly images: Readonly<Record<string, { digest: string; platforms: Record<string, string> }>>;
}

const lockText = (context: string, name = "Dockerfile.lock") => readFileSync(join(context, name), "utf8");
const lockOf = (context: string, name?: string) => JSON.parse(lockText(context, name)) as LockDocument;

/** What the image that a context builds has in its file `/which`. */
async function built(context: string, ...flags: string[]): Promise<string> {
  const out = `${context}.out`;
  await shop.it.succeed(["build", "--progress=plain", "-o", out, ...flags, context]);
  return readFileSync(join(out, "which"), "utf8");
}

describe("slipway lock", () => {
  it("writes the digest of a base, of COPY --from and of a mount, for each platform, and the build obeys it where the tag moved", async () => {
    const base = await publish("lock/base:1", "one", ...BOTH);
    const other = await publish("lock/other:1", "other");
    const mounted = await publish("lock/mounted:1", "mounted");
    const context = shop.it.context({
      Dockerfile: [
        `FROM ${base} AS first`,
        "FROM busybox AS tool",
        `RUN --mount=type=bind,from=${mounted},target=/m cat /m/which > /seen`,
        "FROM first",
        `COPY --from=${other} /which /other`,
        "COPY --from=tool /seen /seen",
        "",
      ].join("\n"),
    });
    const { stdout, stderr } = await shop.it.succeed(["lock", context]);
    expect(stdout).toContain(`+ image ${base}\n`);
    expect(stdout).toContain("Dockerfile.lock: 4 added; 4 sources\n");
    // No registry has busybox.
    expect(stderr).toContain("no registry is known to have docker.io/library/busybox:latest");
    const lock = lockOf(context);
    expect(Object.keys(lock.images)).toEqual(
      [base, "docker.io/library/busybox:latest", mounted, other].sort(),
    );
    expect(Object.keys(lock.images[base]!.platforms)).toEqual(["linux/amd64", "linux/arm64"]);
    expect(lock.images[base]!.digest).not.toBe(lock.images[base]!.platforms["linux/amd64"]);
    expect(Object.keys(lock.images[other]!.platforms)).toHaveLength(1);
    await publish("lock/base:1", "two", ...BOTH);
    await publish("lock/other:1", "another");
    expect(await built(context, "--locked")).toBe("one");
    expect(readFileSync(join(`${context}.out`, "other"), "utf8")).toBe("other");
    expect(readFileSync(join(`${context}.out`, "seen"), "utf8")).toBe("mounted");
    expect(await built(context, "--pull")).toBe("one");
    const unlocked = shop.it.context({ Dockerfile: `FROM ${base}\n` });
    expect(await built(unlocked, "--pull")).toBe("two");
    // The store's tag has moved meanwhile: the lock still counts.
    expect(await built(context)).toBe("one");
  });

  it("shows what moved, refreshes one entry or all, and keeps the rest", async () => {
    const [a, b] = [await publish("up/a:1", "a1"), await publish("up/b:1", "b1")];
    const context = shop.it.context({ Dockerfile: `FROM ${a} AS a\nFROM ${b}\nCOPY --from=a /which /a\n` });
    await shop.it.succeed(["lock", context]);
    const [before, text] = [lockOf(context), lockText(context)];
    expect((await shop.it.succeed(["lock", context])).stdout).toBe(
      `${nameOf(context)} is up to date: 2 sources\n`,
    );
    await publish("up/a:1", "a2");
    await publish("up/b:1", "b2");
    // What is locked stays locked.
    await shop.it.succeed(["lock", context]);
    expect(lockText(context)).toBe(text);
    const one = await shop.it.succeed(["lock", "--update", a.replace(":1", ""), context]);
    const after = lockOf(context);
    expect(one.stdout).toContain(
      `~ image ${a}\n    digest: ${before.images[a]!.digest}\n         -> ${after.images[a]!.digest}\n`,
    );
    expect(one.stdout).not.toContain(b);
    expect(after.images[a]).not.toEqual(before.images[a]);
    expect(after.images[b]).toEqual(before.images[b]);
    expect(await built(context)).toBe("b1");
    const json = await shop.it.succeed(["lock", context, "--format", "json", "--update"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      upToDate: false,
      changes: [{ kind: "changed", section: "images", name: b }],
    });
    expect(await built(context)).toBe("b2");
    const wrong = await shop.it.run(["lock", "--update", a.replace("up/a", "up/x"), context]);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain(`did you mean ${a}?`);
  });

  it("adds what is new and removes what is gone; lines are those of the Dockerfile", async () => {
    const [a, b] = [await publish("edit/a:1", "a"), await publish("edit/a:2", "b")];
    const context = shop.it.context({ Dockerfile: `FROM ${a}\n` });
    await shop.it.succeed(["lock", context]);
    writeFileSync(join(context, "Dockerfile"), `FROM scratch AS none\n\nFROM ${b}\n`);
    const refused = await shop.it.run(["build", "--locked", context]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(">>> FROM");
    expect(refused.stderr).toMatch(/^Dockerfile:3$|Dockerfile:3\n/m);
    expect(refused.stderr).toContain(
      `the image ${b} is not in ${nameOf(context)}: it has ${a} instead (LOCK_INCOMPLETE)`,
    );
    expect(refused.stderr).toContain("hint: bring the lock up to date with slipway lock");
    const warned = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(warned.stderr).toContain(`the image ${b} is not in ${nameOf(context)}: slipway lock adds it`);
    const drift = await shop.it.run(["lock", "--verify", context]);
    expect(drift.exitCode).toBe(1);
    expect(drift.stdout).toContain("is not up to date: 1 missing, 1 no longer used");
    await shop.it.succeed(["lock", context]);
    expect(Object.keys(lockOf(context).images)).toEqual([b]);
    expect(await built(context, "--locked")).toBe("b");
  });

  it("verify changes nothing and fails where the registry says something else, unless it asks nobody", async () => {
    const name = await publish("verify/a:1", "v1", ...BOTH);
    const context = shop.it.context({ Dockerfile: `FROM ${name}\n` });
    const missing = await shop.it.run(["lock", "--verify", context]);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain("(LOCK_INCOMPLETE)");
    expect(existsSync(join(context, "Dockerfile.lock"))).toBe(false);
    await shop.it.succeed(["lock", context]);
    expect((await shop.it.succeed(["lock", "--verify", context])).stdout).toContain(
      "is up to date: 1 source",
    );
    const { mtimeMs } = statSync(join(context, "Dockerfile.lock"));
    const text = lockText(context);
    await publish("verify/a:1", "v2", ...BOTH);
    const images = await listed();
    const drift = await shop.it.run(["lock", "--verify", context]);
    expect(drift.exitCode).toBe(1);
    expect(drift.stdout).toMatch(/~ image .*\n {4}digest: sha256:.*\n +-> sha256:.*\n {4}linux\/amd64: /);
    expect(drift.stdout).toContain("is not up to date: 1 changed");
    expect(lockText(context)).toBe(text);
    expect(statSync(join(context, "Dockerfile.lock")).mtimeMs).toBe(mtimeMs);
    expect(await listed()).toEqual(images);
    const before = registry.log().length;
    expect((await shop.it.run(["lock", "--verify", "--offline", context])).exitCode).toBe(0);
    expect(registry.log().slice(before)).toBe("");
  });

  it("has what several values of an argument, platforms and stages name", async () => {
    for (const tag of ["12", "13", "amd64", "arm64"]) await publish(`many/base:${tag}`, tag);
    const context = shop.it.context({
      Dockerfile: [
        "ARG V=12",
        "ARG TARGETARCH",
        `FROM ${registry.host}/many/base:$V AS by-argument`,
        `FROM ${registry.host}/many/base:$TARGETARCH AS by-platform`,
        "FROM scratch",
        "COPY --from=by-argument /which /which",
        "",
      ].join("\n"),
    });
    await shop.it.succeed(["lock", "--build-arg", "V=12", "--build-arg=V=13", ...BOTH, context]);
    const tags = () => Object.keys(lockOf(context).images).map((name) => name.split(":").at(-1));
    expect(tags()).toEqual(["12", "13", "amd64", "arm64"]);
    expect(await built(context, "--locked", "--build-arg", "V=13")).toBe("13");
    expect(await built(context, "--locked")).toBe("12");
    const other = await shop.it.run(["build", "--locked", "--build-arg=V=14", context]);
    expect(other.stderr).toContain("(LOCK_INCOMPLETE)");
    await shop.it.succeed(["lock", "--target", "by-argument", context]);
    expect(tags()).toEqual(["12"]);
  });

  it("takes what the Dockerfile pins as it is, and needs nothing for stages, scratch and syntax", async () => {
    const name = await publish("pinned/a:1", "pinned");
    const digest = /Digest: (sha256:\w+)/.exec((await shop.it.succeed(["pull", name])).stdout)![1];
    const pinned = `${registry.host}/pinned/a@${digest}`;
    const dockerfile = `# syntax=docker/dockerfile:1\nFROM scratch AS s\nFROM s AS t\nFROM ${pinned}\n`;
    const context = shop.it.context({ Dockerfile: dockerfile, "Dockerfile.lock": '{"lockVersion": 1}\n' });
    expect(await built(context, "--locked")).toBe("pinned");
    await shop.it.succeed(["lock", context]);
    expect(lockOf(context).images).toMatchObject({ [pinned]: { digest } });
    expect(await built(context, "--locked")).toBe("pinned");
  });

  it("locks what a named context puts in the place of a base", async () => {
    const [a, b] = [await publish("named/a:1", "a"), await publish("named/b:1", "b")];
    const context = shop.it.context({ Dockerfile: `FROM ${a}\n` });
    const replaced = ["--build-context", `${a}=docker-image://${b}`];
    await shop.it.succeed(["lock", ...replaced, context]);
    expect(Object.keys(lockOf(context).images)).toEqual([b]);
    await publish("named/b:1", "b2");
    expect(await built(context, "--locked", ...replaced)).toBe("b");
    expect((await shop.it.run(["build", "--locked", context])).stderr).toContain("(LOCK_INCOMPLETE)");
  });

  it("an image that was made here is locked as the registry has it, where it was pushed", async () => {
    const name = await publish("own/a:1", "own");
    const context = maker.it.context({ Dockerfile: `FROM ${name}\n` });
    const { stderr } = await maker.it.succeed(["lock", context]);
    expect(stderr).toBe("");
    const elsewhere = shop.it.context({
      Dockerfile: `FROM ${name}\n`,
      "Dockerfile.lock": lockText(context),
    });
    expect(await built(elsewhere, "--locked")).toBe("own");
    const kept = `${registry.host}/own/kept:1`;
    await maker.it.succeed(["tag", name, kept]);
    const other = maker.it.context({ Dockerfile: `FROM ${kept}\n` });
    expect((await maker.it.succeed(["lock", other])).stderr).toContain(
      `no registry is known to have ${kept}`,
    );
    await maker.it.succeed(["build", "--locked", other]);
  });

  it("locks what the triggers of a base add", async () => {
    const inner = await publish("trigger/inner:1", "inner");
    const base = `${registry.host}/trigger/base:1`;
    await maker.it.succeed([
      "build",
      "-t",
      base,
      "--push",
      maker.it.context({
        Dockerfile: `FROM scratch\nONBUILD COPY --from=${inner} /which /which\nCOPY x /x\n`,
        x: "",
      }),
    ]);
    const context = shop.it.context({ Dockerfile: `FROM ${base}\n` });
    await shop.it.succeed(["lock", context]);
    expect(Object.keys(lockOf(context).images)).toEqual([base, inner]);
    expect(await built(context, "--locked")).toBe("inner");
  });

  it("has the name of the Dockerfile, or the one that is given", async () => {
    const name = await publish("file/a:1", "a");
    const context = shop.it.context({ "app.df": `FROM ${name}\n` });
    const file = ["-f", join(context, "app.df")];
    await shop.it.succeed(["lock", ...file, context]);
    expect(lockOf(context, "app.df.lock").lockVersion).toBe(1);
    expect(await built(context, "--locked", ...file)).toBe("a");
    const elsewhere = ["--lock-file", join(shop.it.folder, "elsewhere.lock")];
    const input = `FROM ${name}\n`;
    await shop.it.succeed(["lock", "-f", "-", ...elsewhere, context], { input });
    await shop.it.succeed(["build", "--locked", "-f", "-", ...elsewhere, context], { input });
    const nowhere = await shop.it.run(["lock", "-f", "-", context], { input });
    expect(nowhere.exitCode).toBe(2);
    expect(nowhere.stderr).toContain("--lock-file");
    rmSync(join(context, "app.df.lock"));
    const none = await shop.it.run(["build", "--locked", ...file, context]);
    expect(none.stderr).toContain("there is no lock");
    expect(none.stderr).toContain("hint: write it with slipway lock");
    const contradiction = await shop.it.run(["build", "--locked", "--no-lock", ...file, context]);
    expect(contradiction.exitCode).toBe(2);
  });

  it("a lock with mistakes, or that lies about its index, builds nothing", async () => {
    const name = await publish("lie/a:1", "a", ...BOTH);
    const context = shop.it.context({ Dockerfile: `FROM ${name}\n` });
    await shop.it.succeed(["lock", context]);
    const sound = lockOf(context);
    writeFileSync(join(context, "Dockerfile.lock"), "{\n");
    for (const command of [["build"], ["build", "--check"], ["lock"], ["lock", "--verify"]]) {
      const broken = await shop.it.run([...command, context]);
      expect(broken.exitCode).toBe(1);
      expect(broken.stderr).toContain("(LOCK_INVALID)");
      expect(broken.stderr).toContain(`${nameOf(context)}:`);
    }
    await shop.it.succeed(["build", "--no-lock", context]);
    sound.images[name]!.platforms["linux/amd64"] = sound.images[name]!.platforms["linux/arm64"]!;
    writeFileSync(join(context, "Dockerfile.lock"), JSON.stringify(sound));
    const lie = await shop.it.run(["build", "--platform=linux/amd64", context]);
    expect(lie.stderr).toContain("(LOCK_DRIFTED)");
    expect(lie.stderr).toContain("linux/amd64");
  });

  it("a lock that is no file is never taken for none: build, check, audit, lint and lock refuse it and leave it", async () => {
    const context = shop.it.context({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const place = join(context, "Dockerfile.lock");
    const commands = [
      ["build"],
      ["build", "--locked"],
      ["build", "--lock-file", place],
      ["build", "--check"],
      ["lint"],
      ["audit"],
      ["lock"],
      ["lock", "--verify"],
    ];
    const kinds: readonly (readonly [make: () => void, why: string])[] = [
      [() => mkdirSync(place), "it is a folder"],
      [() => execFileSync("mkfifo", [place]), "it is a pipe"],
      [() => symlinkSync("Dockerfile.lock", place), "it is a link that leads to no file"],
      [() => symlinkSync("nowhere", place), "it is a link that leads to no file"],
      [() => symlinkSync("/dev/null", place), "it is a device"],
    ];
    for (const [make, why] of kinds) {
      make();
      const before = lstatSync(place);
      for (const command of commands) {
        const refused = await shop.it.run([...command, context]);
        expect(refused.stderr, `${command.join(" ")}: ${why}`).toContain(why);
        expect(refused.stderr).toContain("(LOCK_INVALID)");
        expect(refused.exitCode).not.toBe(0);
      }
      expect(lstatSync(place).ino).toBe(before.ino);
      expect(existsSync(join(context, "nowhere"))).toBe(false);
      await shop.it.succeed(["build", "--no-lock", context]);
      rmSync(place, { recursive: true });
    }
  });

  it("a link to a lock stays one, and the lock that it leads to is replaced", async () => {
    const name = await publish("link/a:1", "a");
    const context = shop.it.context({ Dockerfile: "FROM scratch\n" });
    await shop.it.succeed(["lock", context]);
    renameSync(join(context, "Dockerfile.lock"), join(context, "real.lock"));
    symlinkSync("real.lock", join(context, "Dockerfile.lock"));
    writeFileSync(join(context, "Dockerfile"), `FROM ${name}\n`);
    await shop.it.succeed(["lock", context]);
    expect(lstatSync(join(context, "Dockerfile.lock")).isSymbolicLink()).toBe(true);
    expect(Object.keys(lockOf(context, "real.lock").images)).toEqual([name]);
  });

  it("what the registry no longer has is told as such", async () => {
    const name = await publish("gone/a:1", "a");
    const context = shop.it.context({ Dockerfile: `FROM ${name}\n` });
    const lost = `sha256:${"0".repeat(64)}`;
    const images = { [name]: { digest: lost, platforms: { "linux/amd64": lost } } };
    writeFileSync(join(context, "Dockerfile.lock"), JSON.stringify({ lockVersion: 1, images }));
    const { stderr } = await shop.it.run(["build", context]);
    expect(stderr).toContain(`its registry does not have that digest, and not ${lost} (LOCK_DRIFTED)`);
    expect(stderr).toContain(`slipway lock --update ${name}`);
  });
});

describe("without a registry", () => {
  it("a cached build with a lock asks nobody, and the registry may be gone; --offline says what is missing", async () => {
    const own = await startRegistry();
    const name = `${own.host}/cut/base:1`;
    const big = `${own.host}/cut/big:1`;
    try {
      const base = maker.it.context({ Dockerfile: "FROM busybox\nRUN echo base > /base\n" });
      await maker.it.succeed(["build", "-t", name, "--push", base]);
      await maker.it.succeed(["build", "-t", big, "--push", base]);
      const context = shop.it.context({ Dockerfile: `FROM ${name}\nRUN cat /base > /copy\n` });
      await shop.it.succeed(["lock", context]);
      await shop.it.succeed(["build", "--locked", context]);
      const before = own.log().length;
      const cached = await shop.it.succeed(["build", "--locked", "--pull", "--progress=plain", context]);
      expect(stateOf(cached.stderr, "RUN")).toBe("CACHED");
      expect(own.log().slice(before)).toBe("");
      await own.stop();
      const cut = await shop.it.succeed(["build", "--locked", "--progress=plain", context]);
      expect(stateOf(cut.stderr, "RUN")).toBe("CACHED");
      const offline = await shop.it.succeed(["build", "--offline", "--progress=plain", context]);
      expect(stateOf(offline.stderr, "RUN")).toBe("CACHED");
      const anew = await shop.it.succeed(["build", "--offline", "--no-cache", "--progress=plain", context]);
      expect(stateOf(anew.stderr, "RUN")).toBe("DONE");
      const missing = await shop.it.run([
        "build",
        "--offline",
        shop.it.context({ Dockerfile: `FROM ${big}\n` }),
      ]);
      expect(missing.exitCode).toBe(1);
      expect(missing.stderr).toContain(`the image ${big} is not in the store`);
      expect(missing.stderr).toContain("(OFFLINE)");
      expect(missing.stderr).toContain(`hint: get it with slipway pull ${big}`);
      expect(missing.stderr).toMatch(/>>> FROM/);
    } finally {
      await own.stop();
    }
  });

  it("--offline: layers that were left in the registry are missing, too", async () => {
    const name = `${registry.host}/lazy/base:1`;
    const base = maker.it.context({ Dockerfile: "FROM busybox\nRUN echo lazy > /lazy\n" });
    await maker.it.succeed(["build", "-t", name, "--push", base]);
    const context = shop.it.context({ Dockerfile: `FROM ${name}\nRUN cat /lazy\n` });
    await shop.it.succeed(["lock", context]);
    const { stderr, exitCode } = await shop.it.run(["build", "--locked", "--offline", context]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/the layer sha256:\w+ of .*lazy\/base is not in the store/);
    expect(stderr).toContain("(OFFLINE)");
    await shop.it.succeed(["pull", name]);
    await shop.it.succeed(["build", "--locked", "--offline", context]);
  });

  it("--offline: RUN has no network, what ran with one counts, and pushing is refused", async () => {
    const lines = "FROM busybox\nRUN ls /sys/class/net | tr '\\n' ' ' > /net\n";
    const context = shop.it.context({ Dockerfile: lines });
    const interfaces = async (...flags: string[]) => {
      await shop.it.succeed(["build", "-t", "net", ...flags, context]);
      return (await shop.it.shell("net", "cat /net")).trim();
    };
    const here = readFileSync("/proc/net/dev", "utf8").split("\n").slice(2).filter(Boolean).length;
    expect(await interfaces("--offline")).toBe("lo");
    const online = await interfaces();
    expect(online.split(" ")).toHaveLength(here);
    expect(await interfaces("--offline")).toBe(online);
    expect(await interfaces("--offline", "--no-cache")).toBe("lo");
    expect(await interfaces("--offline", "--no-cache", "--network", "default")).toBe(online);
    const pushed = await shop.it.run(["build", "--offline", "--push", "-t", `${registry.host}/x:1`, context]);
    expect(pushed.exitCode).toBe(2);
    const failing = shop.it.context({ Dockerfile: "FROM busybox\nRUN exit 1\n" });
    expect((await shop.it.run(["build", "--offline", failing])).stderr).toContain(
      "with --offline RUN has no network",
    );
  });
});

/** Names and digests of the store's images. */
async function listed(): Promise<readonly string[]> {
  const { stdout } = await shop.it.succeed(["images", "--format", "json"]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
    .map(({ Repository, Tag, Digest }) => `${Repository}:${Tag}@${Digest}`)
    .sort();
}

/** What a lock in this folder is called in messages. */
function nameOf(context: string): string {
  return `${context.slice(shop.it.folder.length + 1)}/Dockerfile.lock`;
}
