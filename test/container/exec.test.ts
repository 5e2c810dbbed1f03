import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

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
    expect((await exec("box", "nosuchprogram")).exitCode).toBe(127);
    expect((await exec("box", "/etc/passwd")).exitCode).toBe(126);
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

  it("does not wait with -d", async () => {
    await waiting(shop.it, "--name", "box", "busybox");
    await shop.it.succeed(["exec", "-d", "box", "sh", "-c", "touch /done; sleep 1000"]);
    await shop.it.succeed(["exec", "box", "sh", "-c", "until test -e /done; do sleep 0.05; done"]);
    await shop.it.succeed(["rm", "-f", "box"]);
  });
});
