import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../support/tools.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

const root = useWorkshop();
const rootless = useWorkshop({ rootless: true });

const FILES = {
  Dockerfile: [
    "FROM busybox",
    "ARG SOURCE_DATE_EPOCH",
    "WORKDIR /app",
    "COPY --chown=33:33 --chmod=2750 data /app/data",
    "RUN id -u > who && chown 5:6 who && chmod 4755 who && ln who also && mkdir -p sub/dir && rm /bin/wget",
    "USER nobody",
    "RUN id -u > /tmp/me",
    "",
  ].join("\n"),
  "data/a": "1\n",
  "data/b/c": "2\n",
};

/** Diff IDs of what a build with an epoch exports: the base's history has the time of its import in it, its layers have not. */
async function layersOf(shop: typeof root): Promise<string[]> {
  const file = join(shop.it.folder, "same.tar");
  const flags = [
    "--build-arg",
    "SOURCE_DATE_EPOCH=1700000000",
    "-o",
    `type=oci,dest=${file},rewrite-timestamp=true`,
  ];
  await shop.it.succeed(["build", ...flags, shop.it.context(FILES)]);
  const read = (name: string) => JSON.parse(execFileSync("tar", ["-xOf", file, name], { encoding: "utf8" }));
  const blob = (digest: string) => read(`blobs/sha256/${digest.slice(7)}`);
  return blob(blob(read("index.json").manifests[0].digest).config.digest).rootfs.diff_ids;
}

describe("an ordinary user with subordinate ids", () => {
  it("DESIGN 7: makes the same layers as root, digest for digest", async () => {
    const layers = await layersOf(rootless);
    expect(layers).toHaveLength(5);
    expect(layers).toEqual(await layersOf(root));
  });

  it("runs containers, with the owners that the image has", async () => {
    await rootless.it.succeed(["build", "-t", "own", rootless.it.context(FILES)]);
    expect(
      await rootless.it.shell("own", "cat /app/who /tmp/me; stat -c '%u:%g %a' /app/who /app/data; id -u"),
    ).toBe("0\n65534\n5:6 4755\n33:33 750\n65534\n");
    expect((await rootless.it.run(["run", "--rm", "own", "sh", "-c", "exit 7"])).exitCode).toBe(7);
  });

  it("MT-10: cache mounts of other ids are counted and removed", async () => {
    const steps = "mkdir -m 700 /c/d && head -c 5000 /dev/zero > /c/d/f && chown -R 33:33 /c/d";
    const Dockerfile = `FROM busybox\nRUN --mount=type=cache,target=/c ${steps}\n`;
    await rootless.it.succeed(["build", rootless.it.context({ Dockerfile })]);
    const usage = async () => {
      const { stdout } = await rootless.it.succeed(["system", "df", "--format=json"]);
      const rows: readonly { type: string; count: number; bytes: number }[] = JSON.parse(stdout);
      return rows.find(({ type }) => type === "Cache mounts");
    };
    expect(await usage()).toMatchObject({ count: 1, bytes: 5000 });
    await rootless.it.succeed(["system", "prune", "--all", "--force"]);
    expect(await usage()).toMatchObject({ count: 0, bytes: 0 });
  });

  it.each(["SIGINT", "SIGQUIT", "SIGTERM"] as const)("passes %s on to the container", async (signal) => {
    const { home, user } = rootless.it;
    const script = `trap 'echo got ${signal}; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.1; done`;
    const argv = [...user!.prefix, user!.node, user!.cli, "run", "--rm", "busybox", "sh", "-c", script];
    const env = { PATH: process.env.PATH!, HOME: user!.home, SLIPWAY_HOME: home };
    // Without a terminal, whose signals would go to all processes of a group.
    const child = spawn(argv[0]!, argv.slice(1), { env, cwd: user!.home, detached: true });
    const ended = new Promise((done) => child.once("exit", done));
    let out = "";
    for await (const chunk of child.stdout) {
      out += chunk;
      if (out === "ready\n") child.kill(signal);
    }
    expect(out).toBe(`ready\ngot ${signal}\n`);
    expect(await ended).toBe(9);
  });

  it.skipIf(process.getuid?.() !== 0)("inside a chroot is told that there is no user namespace", async () => {
    const { home, user, folder } = rootless.it;
    const other = join(folder, "chroot");
    mkdirSync(other);
    const inside = (...args: string[]) =>
      runCommand(
        "unshare",
        ["--mount", "sh", "-c", 'mount --rbind / "$0" && exec chroot "$0" "$@"', other].concat(
          user!.prefix,
          ["env", `SLIPWAY_HOME=${home}`, `HOME=${user!.home}`, user!.node, user!.cli],
          args,
        ),
      );
    const build = await inside("build", rootless.it.context({ Dockerfile: "FROM busybox\nRUN id -u\n" }));
    expect(build.stderr).toMatch(
      /the kernel makes none here \(.*Operation not permitted\); inside a chroot it never does/,
    );
    expect(build.exitCode).toBe(1);
    expect((await inside("doctor")).stdout).toContain("inside a chroot it never does");
  });

  it("finds everything in the cache the second time, saves and removes what it made", async () => {
    const context = rootless.it.context(FILES);
    await rootless.it.succeed(["build", "-t", "twice", context]);
    const again = await rootless.it.succeed(["build", "--progress=plain", "-t", "twice", context]);
    expect(stateOf(again.stderr, "RUN id -u > /tmp/me")).toBe("CACHED");
    await rootless.it.succeed(["save", "-o", join(rootless.it.folder, "saved.tar"), "twice"]);
    await rootless.it.succeed(["rmi", "twice"]);
    await rootless.it.succeed(["system", "prune", "--all", "--force"]);
    await rootless.it.succeed(["load", "-i", join(rootless.it.folder, "saved.tar")]);
    expect(
      (await rootless.it.succeed(["run", "--rm", "-u", "0", "twice", "cat", "/app/data/a"])).stdout,
    ).toBe("1\n");
  });

  it("a failed step is reported with its place, as for root", async () => {
    const built = await rootless.it.build({ Dockerfile: "FROM busybox\nRUN echo before && exit 5\n" });
    expect(built.exitCode).toBe(1);
    expect(built.stderr).toContain(">>> RUN echo before && exit 5");
    expect(built.stderr).toContain("exit code: 5");
  });

  it("PERMISSION_DENIED: a file of the context that cannot be read", async () => {
    const built = await rootless.it.context({ Dockerfile: "FROM busybox\nCOPY f /\n", f: "x" });
    execFileSync("chmod", ["0", join(built, "f")]);
    const result = await rootless.it.run(["build", built]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("(PERMISSION_DENIED)");
    expect(result.stderr).toContain("hint: make it readable, or exclude it with an ignore file\n");
  });

  it("exports the files of a build that was fully cached, whoever they belong to", async () => {
    const context = rootless.it.context({
      Dockerfile: "FROM busybox\nRUN echo secret > /f && chmod 600 /f && chown 7:7 /f\n",
    });
    await rootless.it.succeed(["build", context]);
    const out = join(rootless.it.folder, "out");
    await rootless.it.succeed(["build", "-o", `type=tar,dest=${out}.tar`, context]);
    expect(execFileSync("tar", ["-xOf", `${out}.tar`, "f"], { encoding: "utf8" })).toBe("secret\n");
    await rootless.it.succeed(["build", "-o", out, context]);
    await rootless.it.succeed([
      "build",
      "--build-arg=SOURCE_DATE_EPOCH=1",
      "-o",
      `type=oci,dest=${out}.oci,rewrite-timestamp=true`,
      context,
    ]);
    const piped = await rootless.it.succeed(["build", "-q", "-o", "type=tar,dest=-", context]);
    expect(piped.stdout).toContain("secret");
  });

  it("CL-01: a Dockerfile and a context from standard input", async () => {
    const Dockerfile = "FROM busybox\nRUN echo here > /f\n";
    // The store does not exist yet.
    const fresh = await rootless.it.run(["build", "-"], {
      input: Buffer.from("FROM scratch\nLABEL a=b\n"),
      home: join(rootless.it.folder, "fresh"),
    });
    expect([fresh.exitCode, fresh.stderr]).toEqual([0, expect.anything()]);
    await rootless.it.succeed(["build", "-t", "piped", "-"], { input: Buffer.from(Dockerfile) });
    expect(await rootless.it.shell("piped", "cat /f")).toBe("here\n");
    const context = rootless.it.context({ a: "1" });
    const more = Buffer.from(`${Dockerfile}COPY a /a\n`);
    await rootless.it.succeed(["build", "-t", "piped", "-f", "-", context], { input: more });
    expect(await rootless.it.shell("piped", "cat /a")).toBe("1");
    const left = readdirSync(join(rootless.it.home, "tmp"), { encoding: "utf8", recursive: true });
    expect(left.filter((name) => /(^|\/)(stdin|request)-/.test(name))).toEqual([]);
  });
});
