import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missOf, stateOf, useWorkshop, type Workshop } from "./workshop.ts";

const root = useWorkshop();
const rootless = useWorkshop({ rootless: true });

const VALUE = "tok_a8F3/k29+dkq01zzQ";
const MOUNT = "RUN --mount=type=secret,id=token";

/** Builds with the secret `token`, from a file, and gives what was said. */
async function attempt(shop: Workshop, steps: readonly string[], ...flags: string[]) {
  const file = join(shop.folder, "token.txt");
  writeFileSync(file, `${VALUE}\n`, { mode: 0o644 });
  const Dockerfile = ["FROM busybox", ...steps, ""].join("\n");
  return shop.build({ Dockerfile, "leak.txt": `a ${VALUE} b` }, `--secret=id=token,src=${file}`, ...flags);
}

/** Removes what a store has of a layer with this text: files and archives. Says how many. */
function removeLayerFiles(home: string, text: string): number {
  const names = readdirSync(join(home, "layers"), { recursive: true, encoding: "utf8" });
  const paths = names.map((name) => join(home, "layers", name));
  const found = paths.filter(
    (path) => statSync(path).isFile() && readFileSync(path, "latin1").includes(text),
  );
  for (const path of found) rmSync(path);
  return found.length;
}

async function expectLeak(steps: readonly string[], place: string, ...flags: string[]): Promise<void> {
  const built = await attempt(root.it, steps, "-t", "leaky", ...flags);
  expect(built.stderr).toContain("SECRET_LEAKED");
  expect(built.stderr.replace(/\bcontext-\d+\//g, "")).toContain(place);
  expect(built.stderr).not.toContain(VALUE);
  expect(built.exitCode).toBe(1);
  expect((await root.it.run(["inspect", "leaky"])).exitCode).not.toBe(0);
}

describe("a secret in what was built", () => {
  it("is found in a file, raw, with the step and its line", () =>
    expectLeak([`${MOUNT} cp /run/secrets/token /kept`], `/kept: secret "token", from [2/2] ${MOUNT} cp`));

  it("is found in a file of the context", () => expectLeak(["COPY leak.txt /etc/"], "/etc/leak.txt: secret"));

  it("is found in base64", () =>
    expectLeak(
      [`${MOUNT} (printf user:; cat /run/secrets/token) | base64 > /b`],
      '/b: secret "token", base64',
    ));

  it("is found URL-encoded", () =>
    expectLeak(
      [`${MOUNT} sed 's,/,%2F,g; s,+,%2B,g' /run/secrets/token > /url`],
      '/url: secret "token", URL-encoded',
    ));

  it("is found in the name of a file", () =>
    expectLeak([`${MOUNT} mkdir -p "/n/$(cat /run/secrets/token)"`], "the name of /n/"));

  it("is found in a large file, wherever in it", () =>
    expectLeak(
      [`${MOUNT} (head -c 3000001 /dev/zero; cat /run/secrets/token; head -c 99 /dev/zero) > /big`],
      '/big: secret "token"',
    ));

  it("is found in a layer whose files a later one deletes", () =>
    expectLeak([`${MOUNT} cp /run/secrets/token /gone`, "RUN rm /gone"], "/gone: secret"));

  it("is found in a variable, with the line of the ENV that counts", () =>
    expectLeak(
      ["ENV A=none", `ENV A=x${VALUE}`, "ENV B=1"],
      'environment variable A: secret "token", from ENV (Dockerfile:3)',
    ));

  it("is found in a label of the Dockerfile, with its line", () =>
    expectLeak([`LABEL l=${VALUE}`, "USER 1"], 'label l: secret "token", from LABEL (Dockerfile:2)'));

  it("is found in a label", () => expectLeak([], "label l: secret", "--label", `l=${VALUE}`));

  it("is found in the command, with its line", () =>
    expectLeak([`CMD ["x", "${VALUE}"]`], 'Cmd of the config: secret "token", from CMD (Dockerfile:2)'));

  it("is found in the history, with the line of an instruction that makes no layer", () =>
    expectLeak([`ARG OTHER=${VALUE}`], 'history: secret "token", from ARG (Dockerfile:2)'));

  it("is found in the history, where a build argument that looks secret gets", () =>
    expectLeak(
      ["ARG API_TOKEN", "RUN true"],
      'history: build argument "API_TOKEN", from [2/2] RUN true',
      "--build-arg",
      "API_TOKEN=zz81Kd0qmX4Lw7Ty",
    ));

  it("is found in an annotation", () =>
    expectLeak([], "annotation of the image: secret", "--annotation", `a=${VALUE}`));

  it("does not leave in an output", async () => {
    const dest = join(root.it.folder, "left.tar");
    const built = await attempt(root.it, ["COPY leak.txt /"], "-o", `type=oci,dest=${dest}`);
    expect(built.exitCode).toBe(1);
    expect(readdirSync(root.it.folder)).not.toContain("left.tar");
  });

  it("in a build argument is nowhere in the store afterwards, and a step that it made run again says so", async () => {
    const value = "qR7w/Z20kdLm49xPv";
    const context = root.it.context({ Dockerfile: "FROM busybox\nARG V\nRUN echo $V > /dev/null\n" });
    const build = (secret: string) =>
      root.it.run(
        ["build", "--progress=plain", "--secret=id=e,env=E", "--build-arg", `V=${secret}`, context],
        { env: { E: secret } },
      );
    expect((await build(value)).stderr).toContain("(SECRET_LEAKED)");
    expect(missOf((await build(`${value}2`)).stderr, "RUN echo")).toBe(
      "a secret in its arguments has changed",
    );
    expect(stateOf((await build(value)).stderr, "RUN echo")).toBe("CACHED");
    const names = readdirSync(root.it.home, { recursive: true, encoding: "utf8" });
    const files = names.map((name) => join(root.it.home, name)).filter((path) => statSync(path).isFile());
    expect(files.filter((path) => readFileSync(path, "latin1").includes(value))).toEqual([]);
    expect(statSync(join(root.it.home, "index.lmdb")).mode & 0o777).toBe(0o600);
  });

  it("passes where the user says so", async () => {
    const built = await attempt(root.it, ["COPY leak.txt /"], "--allow-secret-leak=token", "-t", "meant");
    expect(built.exitCode).toBe(0);
  });

  it("is found in a step from the cache that another build made", async () => {
    const files = { Dockerfile: "FROM busybox\nCOPY other.txt /\n", "other.txt": `a ${VALUE} b c` };
    const context = root.it.context(files);
    await root.it.succeed(["build", context]);
    const env = { TOKEN: VALUE };
    const again = await root.it.run(["build", "--progress=plain", "--secret=id=e,env=TOKEN", context], {
      env,
    });
    expect(stateOf(again.stderr, "COPY other.txt")).toBe("CACHED");
    expect(again.stderr).toContain('/other.txt: secret "e"');
  });

  it("stays out of a stage's way that is not part of the image, and a clean build is searched once", async () => {
    const steps = [
      "AS made",
      `${MOUNT} cp /run/secrets/token /kept`,
      "FROM busybox",
      "COPY --from=made /etc/passwd /p",
    ];
    const Dockerfile = [`FROM busybox ${steps[0]}`, ...steps.slice(1), ""].join("\n");
    const file = join(root.it.folder, "token.txt");
    writeFileSync(file, VALUE);
    const context = root.it.context({ Dockerfile });
    const line = ["build", "--progress=plain", `--secret=id=token,src=${file}`, context];
    await root.it.succeed(line);
    const before = readdirSync(join(root.it.home, "layers"), { recursive: true }).length;
    expect((await root.it.succeed(line)).stderr).toContain("CACHED");
    expect(readdirSync(join(root.it.home, "layers"), { recursive: true })).toHaveLength(before);
    const index = readFileSync(join(root.it.home, "index.lmdb"), "latin1");
    expect(index.includes(VALUE)).toBe(false);
  });

  it("is not searched for again in a layer that was clean: nothing of it is read", async () => {
    const context = root.it.context({ Dockerfile: "FROM busybox\nCOPY f /f\n", f: "some text" });
    const build = (name: string, value: string) =>
      root.it.run(["build", "--progress=plain", `--secret=id=${name},env=S`, context], { env: { S: value } });
    expect((await build("first", VALUE)).exitCode).toBe(0);
    // Whoever reads the layer fails from now on: a search for something else does.
    expect(removeLayerFiles(root.it.home, "some text")).toBeGreaterThan(0);
    for (const name of ["first", "renamed"]) {
      const again = await build(name, VALUE);
      expect(stateOf(again.stderr, "COPY f")).toBe("CACHED");
      expect(again.exitCode).toBe(0);
    }
    expect((await build("first", `${VALUE}+other`)).stderr).toMatch(/DIGEST_MISMATCH|LAYER_INVALID/);
  });

  it("is found by an ordinary user's build, too", async () => {
    const built = await attempt(rootless.it, [`${MOUNT} cp /run/secrets/token /kept; chmod 600 /kept`]);
    expect(built.stderr).toContain('/kept: secret "token"');
  });
});

describe("a secret in the output of a step", () => {
  const told = [`${MOUNT} printf '<'; cat /run/secrets/token; base64 /run/secrets/token`];

  it.each(["plain", "json", "rawjson", "tty"])("is not shown, and fails the build (%s)", async (mode) => {
    for (let time = 0; time < 2; time++) {
      const built = await attempt(root.it, told, `--progress=${mode}`, "-t", "told");
      const shown = built.stdout + built.stderr;
      expect(shown).toContain("SECRET_LEAKED");
      expect(shown).not.toContain(VALUE);
      expect(shown).not.toContain(Buffer.from(VALUE).toString("base64"));
      const logs = [...shown.matchAll(/"data":"([^"]*)"/g)].map(([, data]) => Buffer.from(data!, "base64"));
      expect(Buffer.concat(logs).includes(VALUE)).toBe(false);
    }
  });

  it("is replaced by its name, also in the lines of an error", async () => {
    const built = await attempt(root.it, [`${told[0]}; exit 3`]);
    expect(built.stderr).toContain("<[secret token]");
    expect(built.stderr).toContain("exit code: 3");
    expect(built.stderr).not.toContain(VALUE);
  });

  it("is not shown in what a test of the image writes, over several lines and in pieces", async () => {
    const [head, tail] = ["first line of it", `${VALUE} last`];
    const tests = join(root.it.folder, "tests.yaml");
    const script = `printf 'first line'; sleep 0.1; echo ' of it'; echo '${tail}' | sed 's/x/x/'; echo end; exit 1`;
    const test = { name: "tells", command: "sh", args: ["-c", script] };
    writeFileSync(tests, JSON.stringify({ schemaVersion: "2.0.0", commandTests: [test] }));
    const context = root.it.context({ Dockerfile: "FROM busybox\n" });
    const line = ["build", "--progress=plain", "--test", tests, "--secret=id=long,env=S", context];
    const built = await root.it.run(line, { env: { S: `${head}\n${tail}` } });
    expect(built.exitCode).toBe(1);
    expect(built.stderr).toContain("TEST_FAILED");
    expect(built.stderr).toContain("[secret long]");
    expect(built.stderr).not.toContain(head);
    expect(built.stderr).not.toContain(VALUE);
  });

  it("passes, replaced, where the user says so", async () => {
    const built = await attempt(root.it, told, "--allow-secret-leak=token");
    expect(built.exitCode).toBe(0);
    expect(built.stderr).toContain("<[secret token]");
  });
});

it("a value of fewer than 8 bytes is not searched for, and the build says so", async () => {
  const context = root.it.context({ Dockerfile: "FROM busybox\nENV A=hunter2\n" });
  const line = ["build", "--progress=plain", "--secret=id=s,env=S", context];
  const built = await root.it.succeed(line, { env: { S: "hunter2" } });
  expect(built.stderr).toContain('the secret "s" has fewer than 8 bytes: it is not searched for');
});
