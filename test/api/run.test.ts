import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLI } from "../support/cli.ts";
import { runCommand } from "../support/tools.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

async function image(name: string, instructions: string): Promise<void> {
  await shop.it.succeed([
    "build",
    "-t",
    name,
    shop.it.context({ Dockerfile: `FROM busybox\n${instructions}` }),
  ]);
}

describe("slipway run", () => {
  it("DR-01: entrypoint and arguments", async () => {
    await image("entry", 'ENTRYPOINT ["echo", "e"]\nCMD ["c"]\n');
    const out = async (...args: string[]) => (await shop.it.succeed(["run", "--rm", ...args])).stdout;
    expect(await out("entry")).toBe("e c\n");
    expect(await out("entry", "a", "--flag")).toBe("e a --flag\n");
    expect(await out("--entrypoint", "/bin/echo", "entry", "x")).toBe("x\n");
    expect(await out("--entrypoint", "", "entry", "echo", "plain")).toBe("plain\n");
  });

  it("DR-03: exit codes: the command's own, 127, 126, 125", async () => {
    const code = async (...args: string[]) => (await shop.it.run(["run", "--rm", ...args])).exitCode;
    expect(await code("busybox", "sh", "-c", "exit 42")).toBe(42);
    expect(await code("busybox", "nosuchprogram")).toBe(127);
    expect(await code("busybox", "/etc/passwd")).toBe(126);
    expect(await code("--pull=never", "missing-image")).toBe(125);
    expect(await code("-e", "=x", "missing-image")).toBe(125);
    expect(await code("busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?")).toBe(137);
  });

  it("RN-09: /etc/hosts and its kin can be written, by this container alone; with --network host they are the machine's", async () => {
    const before = readFileSync("/etc/hosts", "utf8");
    const line =
      "for name in hosts hostname resolv.conf; do echo '# own' >> /etc/$name; tail -n 1 /etc/$name; done";
    const own = "# own\n# own\n# own\n";
    expect((await shop.it.succeed(["run", "--rm", "busybox", "sh", "-c", line])).stdout).toBe(own);
    const host = ["run", "--rm", "--network", "host", "--add-host", "extra:192.0.2.1", "busybox", "sh", "-c"];
    const seen = await shop.it.succeed([...host, `cat /etc/hosts; hostname; cat /etc/hostname; ${line}`]);
    const end = before.endsWith("\n") ? "" : "\n";
    expect(seen.stdout).toBe(`${before}${end}192.0.2.1\textra\n${hostname()}\n${hostname()}\n${own}`);
    expect(readFileSync("/etc/hosts", "utf8")).toBe(before);
    const refused = await shop.it.run([
      "run",
      "--rm",
      "--read-only",
      "busybox",
      "sh",
      "-c",
      "echo x >> /etc/hosts",
    ]);
    expect(refused.stderr).toContain("Read-only file system");
  });

  it("DR-05 to DR-07: user, directory and environment", async () => {
    await image("env", "ENV A=image B=image\nUSER daemon\nWORKDIR /srv/x\n");
    const { stdout } = await shop.it.succeed(
      [
        "run",
        "--rm",
        "-e",
        "B=flag",
        "-e",
        "C",
        "-e",
        "D",
        "env",
        "sh",
        "-c",
        "echo $A $B $C [$D] $(id -u) $(pwd) $HOME $HOSTNAME",
      ],
      { env: { C: "outer" } },
    );
    expect(stdout).toMatch(/^image flag outer \[\] 1 \/srv\/x \/ [0-9a-f]{12}\n$/);
    expect(
      (
        await shop.it.succeed([
          "run",
          "--rm",
          "-u",
          "7:8",
          "-w",
          "/new/dir",
          "env",
          "sh",
          "-c",
          "id -u; id -g; pwd",
        ])
      ).stdout,
    ).toBe("7\n8\n/new/dir\n");
    writeFileSync(join(shop.it.folder, "vars"), "# comment\nE=1\n  F=two words\n");
    expect(
      (await shop.it.succeed(["run", "--rm", "--env-file", "vars", "env", "sh", "-c", 'echo "$E $F"']))
        .stdout,
    ).toBe("1 two words\n");
  });

  it("DR-08: volumes are read and written, ro is kept", async () => {
    mkdirSync(join(shop.it.folder, "data"));
    writeFileSync(join(shop.it.folder, "data/in"), "ahoy\n");
    expect(
      (
        await shop.it.succeed([
          "run",
          "--rm",
          "-v",
          "./data:/d",
          "busybox",
          "sh",
          "-c",
          "cat /d/in; echo back > /d/out",
        ])
      ).stdout,
    ).toBe("ahoy\n");
    expect(readFileSync(join(shop.it.folder, "data/out"), "utf8")).toBe("back\n");
    expect(
      (await shop.it.run(["run", "--rm", "-v", "./data:/d:ro", "busybox", "touch", "/d/x"])).exitCode,
    ).toBe(1);
  });

  it("what a container writes does not reach the image", async () => {
    await shop.it.succeed(["run", "--rm", "busybox", "sh", "-c", "echo changed > /etc/passwd; rm -rf /home"]);
    expect(await shop.it.shell("busybox", "head -c 4 /etc/passwd; ls -d /home")).toBe("root/home\n");
  });

  it("passes standard input with -i, and none without", async () => {
    expect(
      (await shop.it.succeed(["run", "--rm", "-i", "busybox", "cat"], { input: "through\n" })).stdout,
    ).toBe("through\n");
    expect((await shop.it.succeed(["run", "--rm", "busybox", "cat"], { input: "through\n" })).stdout).toBe(
      "",
    );
  });

  it("leaves the file that output goes to its owner, and what is in it", async () => {
    const file = join(shop.it.folder, "output");
    const script = "echo by descriptor; echo by name > /dev/stdout";
    const command = [
      process.execPath,
      CLI,
      "run",
      "--rm",
      "-u",
      "1234",
      "busybox",
      "sh",
      "-c",
      `'${script}'`,
    ];
    const shell = `echo before > ${file}; ${command.join(" ")} >> ${file}`;
    const env = { PATH: process.env.PATH ?? "", SLIPWAY_HOME: shop.it.home };
    expect(await runCommand("sh", ["-c", shell], { env })).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(file, "utf8")).toBe("before\nby descriptor\nby name\n");
    expect(statSync(file).uid).toBe(process.getuid!());
  });

  it("network none has a loopback interface only", async () => {
    const { stdout } = await shop.it.succeed([
      "run",
      "--rm",
      "--network",
      "none",
      "busybox",
      "ls",
      "/sys/class/net",
    ]);
    expect(stdout).toBe("lo\n");
  });

  it("passes signals on, and ends with the command's own exit code", async () => {
    const env = { PATH: process.env.PATH!, HOME: shop.it.home, SLIPWAY_HOME: shop.it.home };
    const child = spawn(
      process.execPath,
      [
        CLI,
        "run",
        "--rm",
        "busybox",
        "sh",
        "-c",
        "trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.1; done",
      ],
      { env },
    );
    let out = "";
    for await (const chunk of child.stdout) {
      out += chunk;
      if (out === "ready\n") child.kill("SIGTERM");
    }
    expect(out).toBe("ready\ngot it\n");
    expect(child.exitCode ?? (await new Promise((done) => child.once("exit", done)))).toBe(9);
  });

  it("an image without a command says so", async () => {
    await shop.it.succeed([
      "build",
      "-t",
      "bare",
      shop.it.context({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }),
    ]);
    const result = await shop.it.run(["run", "--rm", "bare"]);
    expect(result.exitCode).toBe(125);
    expect(result.stderr).toContain("no command specified");
  });
});

describe("what was asked for and is not there", () => {
  it.each(["run", "create"])("%s: another platform than that of the image is refused", async (command) => {
    const foreign = await shop.it.run([command, "--platform=linux/s390x", "busybox", "true"]);
    expect(foreign).toMatchObject({ exitCode: command === "run" ? 125 : 1, stdout: "" });
    expect(foreign.stderr).toMatch(
      /busybox is not available for linux\/s390x \(PLATFORM_UNAVAILABLE\)\n.*it is for/,
    );
    const check = await shop.it.run(["preflight", "check", "busybox", "--", "--platform=windows/amd64"]);
    expect(check.stderr).toContain("busybox is not available for windows/amd64");
  });

  it("-t alone gives the process a terminal, also where standard input is none; -it is refused there", async () => {
    const alone = await shop.it.run(["run", "--rm", "-t", "busybox", "sh", "-c", "test -t 1 && echo yes"]);
    expect(alone).toMatchObject({ exitCode: 0, stdout: "yes\r\n" });
    const both = await shop.it.run(["run", "--rm", "-it", "busybox", "true"]);
    expect(both).toMatchObject({ exitCode: 125, stderr: expect.stringContaining("not a TTY") });
  });
});
