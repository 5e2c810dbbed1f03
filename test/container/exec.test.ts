import { describe, expect, it } from "vitest";
import { execProcess } from "../../src/container/exec-process.ts";
import { useWorkshop } from "../api/workshop.ts";
import { CLI } from "../support/cli.ts";
import { requireTool, runCommand } from "../support/tools.ts";
import { waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

describe("a further process", () => {
  const first = { args: ["x"], env: [], cwd: "/", terminal: false, user: { uid: 0, gid: 0 } };

  it("has its terminal's size from the beginning", () => {
    const options = { argv: ["y"], tty: true, windowSize: { rows: 31, columns: 97 } };
    expect(execProcess(first, options)).toMatchObject({
      ...{ args: ["y"], terminal: true, consoleSize: { height: 31, width: 97 } },
    });
  });
});

describe.each(Object.entries(shops))("slipway exec for %s", (_, shop) => {
  const exec = (...args: string[]) => shop.it.run(["exec", ...args]);

  it("runs a further process with the variables, user and directory of the container, or its own", async () => {
    await waiting(shop.it, "--name", "box", "-e", "A=1", "-w", "/srv", "-u", "daemon", "busybox");
    const line = 'echo "$A $B $(pwd) $(id -u):$(id -g) $HOME"';
    expect((await exec("box", "sh", "-c", line)).stdout).toBe("1  /srv 1:1 /\n");
    const flags = ["-e", "B=2", "-w", "/tmp", "-u", "root"];
    expect((await exec(...flags, "box", "sh", "-c", line)).stdout).toBe("1 2 /tmp 0:0 /root\n");
    expect((await exec("-u", "7:8", "box", "id", "-u")).stdout).toBe("7\n");
    const input = { input: "through\n" };
    expect((await shop.it.run(["exec", "-i", "box", "cat"], input)).stdout).toBe("through\n");
    expect((await shop.it.run(["exec", "box", "cat"], input)).stdout).toBe("");
    await shop.it.succeed(["rm", "-f", "box"]);
  });

  it("has the exit code of the process, 127 and 126 where it cannot be started, and needs a container that runs", async () => {
    await waiting(shop.it, "--name", "box", "busybox");
    expect((await exec("box", "sh", "-c", "exit 9")).exitCode).toBe(9);
    const said = async (...args: string[]) => {
      const { exitCode, stderr } = await exec(...args);
      return `${exitCode} ${stderr}`;
    };
    const cannot = 'cannot execute "';
    expect(await said("box", "nosuchprogram")).toBe(
      `127 ${cannot}nosuchprogram": executable file not found in $PATH\n`,
    );
    expect(await said("box", "/etc/passwd")).toBe(
      `126 ${cannot}/etc/passwd": permission denied: it is not executable\n`,
    );
    await exec("box", "sh", "-c", "echo '#!/nosuch' > /lost; echo true > /text; chmod +x /lost /text");
    expect(await said("box", "/lost")).toBe(
      `127 ${cannot}/lost": its interpreter "/nosuch": no such file or directory\n`,
    );
    expect(await said("box", "/text")).toMatch(/^126 .*exec format error.*\n$/);
    expect(await said("-w", "/nosuch", "box", "pwd")).toMatch(
      /^127 .*working directory "\/nosuch": no such.*\n$/,
    );
    expect(await said("-w", "/etc/passwd/x", "box", "pwd")).toContain("127 ");
    expect(await said("-w", "relative", "box", "pwd")).toContain("needs to be an absolute path");
    expect((await exec("-u", "nobodyknows", "box", "true")).stderr).toContain("unable to find user");
    await shop.it.succeed(["stop", "box"]);
    const late = await exec("box", "true");
    expect(late).toMatchObject({ exitCode: 1 });
    expect(late.stderr).toContain("is not running");
    await shop.it.succeed(["rm", "box"]);
  });

  it("has no more rights than the container: capabilities, filter and namespaces are the same", async () => {
    await waiting(shop.it, "--name", "box", "--cap-drop", "ALL", "busybox");
    const facts = "grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status; readlink /proc/self/ns/pid";
    const own = await exec("box", "sh", "-c", facts);
    expect(own.exitCode).toBe(0);
    expect(own.stdout).toContain("CapEff:\t0000000000000000");
    expect(own.stdout).toContain("Seccomp:\t2");
    const first = await exec("box", "sh", "-c", "grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/1/status");
    expect(own.stdout.startsWith(first.stdout)).toBe(true);
    await shop.it.succeed(["rm", "-f", "box"]);
  });

  it("gives a terminal the size of ours", async () => {
    await waiting(shop.it, "--name", "box", "busybox");
    const { user, home, folder } = shop.it;
    const command = [...(user?.prefix ?? []), user?.node ?? process.execPath, user?.cli ?? CLI];
    // crun 1.8 forgets the size of a further process: it comes a moment later then.
    const sized = "'until stty size | grep -q ^31.97; do :; done; echo sized'";
    const line = `stty rows 31 cols 97; ${command.join(" ")} exec -it box sh -c ${sized}`;
    const { exitCode, stdout } = await runCommand(
      requireTool("script"),
      ["--quiet", "--return", "--command", line, "/dev/null"],
      { cwd: folder, env: { PATH: process.env.PATH ?? "", HOME: home, SLIPWAY_HOME: home }, input: "" },
    );
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("sized\r\n")]);
    await shop.it.succeed(["rm", "-f", "box"]);
  });

  it("does not wait with -d", async () => {
    await waiting(shop.it, "--name", "box", "busybox");
    await shop.it.succeed(["exec", "-d", "box", "sh", "-c", "touch /done; sleep 1000"]);
    await shop.it.succeed(["exec", "box", "sh", "-c", "until test -e /done; do sleep 0.05; done"]);
    await shop.it.succeed(["rm", "-f", "box"]);
  });
});
