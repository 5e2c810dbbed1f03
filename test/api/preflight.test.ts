import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WAITS } from "../container/containers.ts";
import { useWorkshop } from "./workshop.ts";

const LABEL = "dev.slipway.preflight";

const CONTRACT = `version: 1
env:
  NAME: {pattern: "[a-z]+"}
files: [{path: /key, access: [read], maxMode: "0440", owner: "7"}]
volumes: [{path: /data, access: rw}]
tcp: ["127.0.0.1:\${PORT:-1}"]
user: {is: "7"}
rootfs: read-only
`;

const SCRATCH = `FROM scratch
COPY --from=busybox /bin/busybox /busybox
ENTRYPOINT ["/busybox"]
CMD ["echo", "started"]
`;

describe.each([["root", {}] as const, ["an ordinary user", { rootless: true }] as const])(
  "contracts, as %s",
  (_who, options) => {
    const shop = useWorkshop(options);

    it("guard an image without a shell: all that fails is told, and nothing is started or made", async () => {
      const context = shop.it.context({ Dockerfile: SCRATCH, "preflight.yaml": CONTRACT });
      await shop.it.succeed(["build", "-t", "guarded", context]);
      const missing = join(shop.it.folder, "not-made");
      const flags = ["-e", "NAME=X", "-v", `${missing}:/other`];
      const checked = await shop.it.run([
        "preflight",
        "check",
        "--format",
        "json",
        "guarded",
        "--",
        ...flags,
      ]);
      expect(checked.exitCode).toBe(1);
      const report = JSON.parse(checked.stdout);
      expect(report).toMatchObject({ image: "guarded", hasContract: true, passes: false });
      const messages = report.findings.map(({ message }: { message: string }) => message);
      expect(messages).toEqual([
        "it runs as the user 0, and must run as 7",
        'NAME is "X", which does not match [a-z]+',
        "the root filesystem is writable, and must be read-only",
        "the file /key is not there, or cannot be reached",
        "nothing is mounted at /data",
        'nothing answers at "127.0.0.1:1"',
      ]);
      expect(existsSync(missing)).toBe(false);

      const run = await shop.it.run(["run", "--rm", ...flags, "guarded"]);
      expect([run.exitCode, run.stdout]).toEqual([125, ""]);
      expect(run.stderr).toContain("PREFLIGHT_FAILED");
      for (const message of messages) expect(run.stderr).toContain(message);
      expect(existsSync(missing)).toBe(false);
      expect((await shop.it.run(["run", "-d", ...flags, "guarded"])).exitCode).toBe(125);
      expect((await shop.it.succeed(["ps", "-aq"])).stdout).toBe("");
      const forced = await shop.it.succeed(["run", "--rm", "--no-preflight", "guarded"]);
      expect(forced.stdout).toBe("started\n");
    });

    it("are asked by create, start and restart, each for what it can know", async () => {
      const contract = "version: 1\nenv: {NAME: {oneOf: [ann]}}\nfiles: [/given]\nvolumes: [/data]\n";
      const Dockerfile = `FROM busybox\nCMD ${JSON.stringify(WAITS)}\n`;
      const context = shop.it.context({ Dockerfile, "preflight.yaml": contract });
      await shop.it.succeed(["build", "-t", "asked", context]);
      const refused = await shop.it.run(["create", "--name", "box", "asked"]);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("NAME is not set");
      expect(refused.stderr).toContain("nothing is mounted at /data");
      expect(refused.stderr).not.toContain("/given");
      const flags = ["--name", "box", "-e", "NAME=ann", "-v", "box:/data"];
      await shop.it.succeed(["create", ...flags, "asked"]);
      // The name may be another image's by now.
      await shop.it.succeed(["tag", "busybox", "asked"]);
      const early = await shop.it.run(["start", "box"]);
      expect([early.exitCode, early.stderr]).toEqual([
        1,
        expect.stringContaining("the file /given is not there"),
      ]);
      expect(early.stderr).toContain("PREFLIGHT_FAILED");
      await shop.it.succeed(["cp", context, "box:/given"]);
      await shop.it.succeed(["start", "box"]);
      await shop.it.succeed(["restart", "box"]);
      await shop.it.succeed(["exec", "box", "rm", "-r", "/given"]);
      const kept = await shop.it.run(["restart", "box"]);
      expect([kept.exitCode, kept.stderr]).toEqual([1, expect.stringContaining("PREFLIGHT_FAILED")]);
      // It was not stopped for that.
      expect((await shop.it.succeed(["exec", "box", "echo", "runs"])).stdout).toBe("runs\n");
      await shop.it.succeed(["rm", "-f", "box"]);
      await shop.it.succeed(["build", "-t", "asked", context]);
      await shop.it.succeed(["create", "--no-preflight", "--name", "box", "asked"]);
      await shop.it.succeed(["start", "box"]);
      await shop.it.succeed(["restart", "box"]);
      await shop.it.succeed(["rm", "-f", "box"]);
      await shop.it.succeed(["volume", "rm", "box"]);
    });

    it("let pass what fulfils them", async () => {
      const server = createServer((socket) => socket.on("error", () => {}).end());
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const Dockerfile = SCRATCH.replace(
        "ENTRYPOINT",
        "COPY --chown=7:7 --chmod=440 key /key\nUSER 7\nENTRYPOINT",
      );
      const context = shop.it.context({ Dockerfile, key: "k", "Dockerfile.preflight.yaml": CONTRACT });
      await shop.it.succeed(["build", "-t", "passing", context]);
      const flags = ["-e", "NAME=ann", "-e", `PORT=${port}`, "--read-only", "--tmpfs", "/data"];
      const checked = await shop.it.succeed(["preflight", "check", "passing", "--", ...flags]);
      expect(checked.stdout).toBe("passing: nothing fails\n");
      expect((await shop.it.succeed(["run", "--rm", ...flags, "passing"])).stdout).toBe("started\n");
      const other = await shop.it.run(["preflight", "check", "passing", "--", ...flags, "-u", "root"]);
      expect([other.exitCode, other.stdout]).toEqual([1, expect.stringContaining("must run as 7")]);
      await new Promise((resolve) => server.close(resolve));
    });

    it("see the owners of mounted files as the container will", async () => {
      const folder = join(shop.it.folder, "mounted");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "file"), "x", { mode: 0o644 });
      const contract = 'version: 1\nfiles: [{path: /m/file, owner: "${OWNER}", access: [read]}]\n';
      const script = 'FROM busybox\nCMD ["stat", "-c", "%u", "/m/file"]\n';
      const context = shop.it.context({ Dockerfile: script });
      await shop.it.succeed(["build", "-t", "owners", context]);
      const mount = ["-v", `${folder}:/m:ro`];
      const owner = (await shop.it.succeed(["run", "--rm", ...mount, "owners"])).stdout.trim();
      for (const [uid, code] of [
        [owner, 0],
        ["4242", 1],
      ] as const) {
        const text = contract.replace("${OWNER}", uid);
        await shop.it.succeed([
          "build",
          "-t",
          "owned",
          shop.it.context({ Dockerfile: script, "preflight.yaml": text }),
        ]);
        expect((await shop.it.run(["preflight", "check", "owned", "--", ...mount])).exitCode).toBe(code);
      }
    });

    it("count volumes: named and new, named and filled, anonymous ones of the image, read-only ones", async () => {
      const Dockerfile =
        'FROM busybox\nRUN mkdir -p /data && chown 7:7 /data\nVOLUME /auto\nUSER 7\nCMD ["touch", "/data/x"]\n';
      const contract = "version: 1\nvolumes: [{path: /data, access: rw}, /auto]\n";
      await shop.it.succeed([
        "build",
        "-t",
        "volumes",
        shop.it.context({ Dockerfile, "preflight.yaml": contract }),
      ]);
      const check = async (...flags: string[]) =>
        (await shop.it.run(["preflight", "check", "volumes", "--", ...flags])).stdout;
      const fine = "volumes: nothing fails\n";
      expect(await check("-v", "precious:/data")).toBe(fine);
      expect((await shop.it.succeed(["volume", "ls", "-q"])).stdout).toBe("");
      await shop.it.succeed(["run", "--rm", "-v", "precious:/data", "volumes"]);
      expect(await check("-v", "precious:/data")).toBe(fine);
      expect(await check("--mount", "type=volume,source=precious,target=/data,readonly")).toContain(
        "cannot be written",
      );
      expect(await check("--mount", "type=volume,source=other,target=/data,volume-nocopy")).toContain(
        "cannot be written",
      );
      expect(await check("--tmpfs", "/data:mode=700,uid=7")).toBe(fine);
      expect(await check("--tmpfs", "/data:mode=700")).toContain("cannot be written");
      expect(await check("--tmpfs", "/data:mode=770,gid=1")).toContain("cannot be written");
      expect(await check("--tmpfs", "/data:mode=770,gid=1", "--group-add", "daemon")).toBe(fine);
      expect(await check()).toContain("nothing is mounted at /data");
    });

    it("know the containers of the private network by name", async () => {
      const contract = "version: 1\nlinks: [db]\ntcp: ['db:5432']\n";
      const context = shop.it.context({ Dockerfile: "FROM busybox\n", "preflight.yaml": contract });
      await shop.it.succeed(["build", "-t", "linked", context]);
      const check = ["preflight", "check", "linked", "--", "--network"];
      const alone = await shop.it.run([...check, "none"]);
      expect([alone.exitCode, alone.stdout]).toEqual([1, expect.stringContaining('"db" does not resolve')]);
      await shop.it.succeed([
        "run",
        "-d",
        "--name",
        "db",
        "--network",
        "private",
        "busybox",
        "sleep",
        "1000",
      ]);
      try {
        const { stdout } = await shop.it.succeed([...check, "private"]);
        expect(stdout).toBe(
          'not checked: the endpoint "db:5432": the container\'s network cannot be seen from outside\nlinked: nothing fails, 1 could not be checked\n',
        );
      } finally {
        await shop.it.succeed(["rm", "-f", "db"]);
      }
    });

    it("are checked inside by an entry script that needs nothing but sh", async () => {
      const folder = shop.it.folder;
      const contract = join(folder, "inside.yaml");
      writeFileSync(
        contract,
        CONTRACT.replace(
          "tcp: [",
          "hosts: [localhost]\nports: [{port: 1, protocol: udp}]\nresources: {memory: 1m, cpus: 0.001}\ntcp: [",
        ),
      );
      const { stdout: script } = await shop.it.succeed([
        "preflight",
        "script",
        "-f",
        contract,
        "--",
        "echo",
        "program",
      ]);
      const Dockerfile =
        'FROM busybox\nCOPY --chmod=755 entry /entry\nCOPY --chown=7:7 --chmod=440 key /key\nUSER 7\nENTRYPOINT ["/entry"]\nCMD ["argument"]\n';
      await shop.it.succeed([
        "build",
        "-t",
        "inside",
        shop.it.context({ Dockerfile, entry: script, key: "k" }),
      ]);
      const server = createServer((socket) => socket.on("error", () => {}).end());
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const port = String((server.address() as { port: number }).port);
      const flags = ["-e", "NAME=ann", "-e", `PORT=${port}`, "--read-only", "--tmpfs", "/data"];
      const good = await shop.it.run(["run", "--rm", ...flags, "inside"]);
      await new Promise((resolve) => server.close(resolve));
      expect(good).toMatchObject({ exitCode: 0, stdout: "program argument\n" });
      const bad = await shop.it.run(["run", "--rm", "-u", "0", "inside"]);
      expect([bad.exitCode, bad.stdout]).toEqual([78, ""]);
      for (const message of [
        "it runs as the user 0, and must run as 7",
        "NAME is not set",
        "nothing is mounted at /data",
        "the root filesystem is writable, and must be read-only",
      ])
        expect(bad.stderr).toContain(`preflight: ${message}\n`);
    });
  },
);

describe("slipway build with a contract", () => {
  const shop = useWorkshop();
  const Dockerfile = "FROM busybox\nLABEL a=b\n";
  const build = async (name: string, files: Readonly<Record<string, string>>, ...flags: string[]) => {
    await shop.it.succeed([
      "build",
      "-t",
      name,
      "--build-arg",
      "SOURCE_DATE_EPOCH=1700000000",
      ...flags,
      shop.it.context(files),
    ]);
    const [image] = JSON.parse((await shop.it.succeed(["inspect", name])).stdout);
    return image as { Id: string; Config: { Labels: Record<string, string> } };
  };

  it("keeps it as a label; without one, or with --no-preflight, the image is the same as ever", async () => {
    const plain = await build("plain", { Dockerfile });
    const contract = "# why\nversion: 1\nenv: {A: }\n";
    const off = await build("off", { Dockerfile, "preflight.yaml": contract }, "--no-preflight");
    expect(off.Id).toBe(plain.Id);
    const on = await build("on", { Dockerfile, "preflight.yaml": contract });
    expect(on.Config.Labels).toEqual({ a: "b", [LABEL]: '{"version":1,"env":{"A":null}}' });
    const own = await build("own", {
      Dockerfile,
      "preflight.yaml": contract,
      "Dockerfile.preflight.yaml": "version: 1\nenv: {B: }\n",
    });
    expect(own.Config.Labels[LABEL]).toBe('{"version":1,"env":{"B":null}}');
  });

  it("gives it to images FROM it, which may take it away", async () => {
    await build("base", { Dockerfile, "preflight.yaml": "version: 1\nenv: {A: }\n" });
    const child = await build("child", { Dockerfile: "FROM base\n" });
    expect(child.Config.Labels[LABEL]).toContain('"A"');
    expect((await shop.it.run(["preflight", "check", "child"])).exitCode).toBe(1);
    await build("free", { Dockerfile: `FROM base\nLABEL ${LABEL}=\n` });
    const free = await shop.it.succeed(["preflight", "check", "free"]);
    expect(free.stdout).toBe("free has no contract: there is nothing to check\n");
  });

  it("finds it in archives", async () => {
    const context = shop.it.context({ Dockerfile, "preflight.yaml": "version: 1\nenv: {A: }\n" });
    const { execFileSync } = await import("node:child_process");
    const input = execFileSync("tar", ["-C", context, "-c", "."]);
    await shop.it.succeed(["build", "-t", "archived", "-"], { input });
    const [image] = JSON.parse((await shop.it.succeed(["inspect", "archived"])).stdout);
    expect(image.Config.Labels[LABEL]).toContain('"A"');
  });

  it("tells all mistakes before the first step, each with its lines and a way out", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox\nRUN echo ran\n",
      "preflight.yaml": "version: 1\nenv:\n  A: {patern: x}\nports: [99999]\n",
    });
    for (const flags of [[], ["--check"]]) {
      const { exitCode, stderr, stdout } = await shop.it.run([
        "build",
        "--progress=plain",
        "-t",
        "wrong",
        ...flags,
        context,
      ]);
      expect(exitCode).toBe(1);
      expect(stderr + stdout).toMatch(
        /preflight\.yaml:3\n[\s\S]*>>> {3}A: \{patern: x\}[\s\S]*hint: did you mean pattern\?/,
      );
      expect(stderr + stdout).toMatch(/>>> ports: \[99999\][\s\S]*99999 is no port/);
      expect(stderr + stdout).toContain("has 2 mistakes (PREFLIGHT_INVALID)");
      expect(stderr).not.toContain("ran");
    }
    expect((await shop.it.run(["inspect", "wrong"])).exitCode).toBe(1);
    const json = await shop.it.run(["build", "--progress=json", context]);
    expect(JSON.parse(json.stderr.trim().split("\n").at(-1)!)).toMatchObject({
      type: "build.error",
      code: "PREFLIGHT_INVALID",
      message: expect.stringContaining("preflight.yaml:4:9: 99999 is no port"),
    });
  });

  it("an image whose label is broken is not started", async () => {
    await build("broken", { Dockerfile: `FROM busybox\nLABEL ${LABEL}='{"version":2}'\n` });
    const run = await shop.it.run(["run", "--rm", "broken", "true"]);
    expect([run.exitCode, run.stderr]).toEqual([125, expect.stringContaining("PREFLIGHT_INVALID")]);
    await shop.it.succeed(["run", "--rm", "--no-preflight", "broken", "true"]);
  });

  it("bad command lines end with 2", async () => {
    const code = async (...args: string[]) => (await shop.it.run(["preflight", ...args])).exitCode;
    expect(await code("check", "busybox", "--", "--no-such-flag")).toBe(2);
    expect(await code("check", "--format", "xml", "busybox")).toBe(2);
    expect(await code("script", "-f", "missing.yaml")).toBe(2);
    expect(await code("check", "no-such-image", "--", "--pull=never")).toBe(1);
  });

  it("writes an executable script", async () => {
    writeFileSync(join(shop.it.folder, "preflight.yaml"), "version: 1\nenv: {A: }\n");
    await shop.it.succeed(["preflight", "script", "-o", "entry.sh", "echo", "-n"]);
    const { runCommand } = await import("../support/tools.ts");
    const ended = await runCommand(join(shop.it.folder, "entry.sh"), ["x"], {
      env: { A: "1", PATH: process.env.PATH! },
    });
    expect(ended).toEqual({ exitCode: 0, stdout: "x", stderr: "" });
  });
});
