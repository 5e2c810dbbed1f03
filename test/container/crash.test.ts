import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { CLI } from "../support/cli.ts";
import { detached, monitorOf, untilContainer, untilGone, WAITS, waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

/** Mounts of this machine that lead into a folder: what a container mounts is seen by nobody else. */
function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(folder));
}

describe.each(Object.entries(shops))("what is killed leaves nothing, for %s", (_, shop) => {
  it("kill -9 of a monitor ends its container, and `ps` says so", async () => {
    const id = await waiting(shop.it, "--name", "orphan", "busybox");
    const { State } = await untilContainer(shop.it, "orphan", ({ State }) => State.Running);
    const monitor = monitorOf(shop.it.home, id);
    process.kill(monitor, "SIGKILL");
    await untilGone(State.Pid);
    await untilGone(monitor);
    expect((await shop.it.succeed(["ps", "-a"])).stdout).toContain("Exited (137)");
    expect(await shop.it.inspect("orphan")).toMatchObject({ State: { Status: "exited", Running: false } });
    expect(mountsBelow(shop.it.home)).toEqual([]);
    await shop.it.succeed(["start", "orphan"]);
    expect((await shop.it.inspect("orphan")).State.Status).toBe("running");
    await shop.it.succeed(["rm", "-f", "orphan"]);
    expect(readdirSync(join(shop.it.home, "containers"))).toEqual(["names"]);
  });

  it("kill -9 of a monitor that should have removed its container leaves that to pruning", async () => {
    const id = await waiting(shop.it, "--rm", "busybox");
    const { State } = await untilContainer(shop.it, id, ({ State }) => State.Running);
    process.kill(monitorOf(shop.it.home, id), "SIGKILL");
    await untilGone(State.Pid);
    await shop.it.succeed(["container", "prune", "-f"]);
    expect(readdirSync(join(shop.it.home, "containers"))).toEqual(["names"]);
    expect(readdirSync(join(shop.it.home, "tmp")).filter((name) => name !== "partial")).toEqual([]);
  });

  it("kill -9 of a foreground command ends its container", async () => {
    const { user, home, folder } = shop.it;
    const command = [...(user?.prefix ?? []), user?.node ?? process.execPath, user?.cli ?? CLI];
    const child = spawn(command[0]!, [...command.slice(1), "run", "--name", "front", "busybox", ...WAITS], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? "", HOME: user?.home ?? home, SLIPWAY_HOME: home },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const chunk of child.stdout!) if (String(chunk).includes("ready")) break;
    const { State } = await untilContainer(shop.it, "front", ({ State }) => State.Running);
    child.kill("SIGKILL");
    await untilGone(State.Pid);
    await untilContainer(shop.it, "front", ({ State }) => State.Status === "exited");
    await shop.it.succeed(["rm", "front"]);
  });

  it("several containers start, end and are removed at once without loss", async () => {
    const count = 6;
    const one = async (i: number): Promise<void> => {
      const name = `many-${i}`;
      await detached(shop.it, "--name", name, "busybox", "sh", "-c", `echo ${i}`);
      await shop.it.succeed(["wait", name]);
      expect((await shop.it.succeed(["logs", name])).stdout).toBe(`${i}\n`);
      await shop.it.succeed(["rm", name]);
    };
    await Promise.all(Array.from({ length: count }, (_, i) => one(i)));
    expect(readdirSync(join(shop.it.home, "containers"))).toEqual(["names"]);
    expect(readdirSync(join(shop.it.home, "containers/names"))).toEqual([]);
    expect(mountsBelow(shop.it.home)).toEqual([]);
  });

  it("SIGTERM to a monitor stops its container as `stop` does", async () => {
    const id = await waiting(shop.it, "--name", "asked", "--restart", "always", "busybox");
    process.kill(monitorOf(shop.it.home, id), "SIGTERM");
    expect((await shop.it.succeed(["wait", "asked"])).stdout).toBe("0\n");
    expect((await shop.it.inspect("asked")).State.Status).toBe("exited");
    await shop.it.succeed(["rm", "asked"]);
  });

  it("kill -9 of the command while it starts a container leaves one that can be looked at and removed", async () => {
    const { user, home, folder } = shop.it;
    const command = [...(user?.prefix ?? []), user?.node ?? process.execPath, user?.cli ?? CLI];
    const args = [...command.slice(1), "run", "-d", "--name", "early", "busybox", "sleep", "1000"];
    const child = spawn(command[0]!, args, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? "", HOME: user?.home ?? home, SLIPWAY_HOME: home },
      stdio: "ignore",
    });
    while (!existsSync(join(home, "containers/names/early"))) await pause(1);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    // Killed between its name and its folder, there is none.
    await shop.it.succeed(["rm", "-f", "early"]);
    await shop.it.succeed(["create", "--name", "early", "busybox", "true"]);
    await shop.it.succeed(["rm", "early"]);
  });
});

// What does not depend on who runs it is shown once.
describe("a damaged record, whoever has it", () => {
  const shop = shops.root;

  it("a record that a loss of power cut short hinders no command, and its container can be removed", async () => {
    const id = (await shop.it.succeed(["create", "--name", "torn", "busybox", "true"])).stdout.trim();
    await shop.it.succeed(["create", "--name", "whole", "busybox", "true"]);
    truncateSync(join(shop.it.home, "containers", id, "config.json"), 20);
    const listed = (await shop.it.succeed(["ps", "-a"])).stdout;
    expect(listed).toMatch(/\(damaged record\)/);
    expect(listed).toContain("whole");
    await shop.it.succeed(["system", "df"]);
    expect((await shop.it.run(["start", "torn"])).exitCode).toBe(1);
    await shop.it.succeed(["rm", "torn", "whole"]);
    expect((await shop.it.succeed(["ps", "-aq"])).stdout).toBe("");
    await shop.it.succeed(["create", "--name", "torn", "busybox", "true"]);
    await shop.it.succeed(["rm", "torn"]);
  });
});
