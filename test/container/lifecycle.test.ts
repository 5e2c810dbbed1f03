import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorkshop, type Workshop } from "../api/workshop.ts";
import { requireTool } from "../support/tools.ts";
import { detached, IDLES, untilContainer, untilLogged, WAITS, waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

async function namesIn(shop: Workshop, ...args: readonly string[]): Promise<string[]> {
  return (await shop.succeed(["ps", "--format", "{{.Names}}", ...args])).stdout.split("\n").filter(Boolean);
}

describe.each(Object.entries(shops))("a detached container of %s", (_, shop) => {
  const names = (...args: string[]) => namesIn(shop.it, ...args);

  it("goes on when the command has ended, and is stopped, started again and removed", async () => {
    const id = await waiting(shop.it, "--name", "life", "busybox");
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await names()).toContain("life");
    expect(await shop.it.inspect(id.slice(0, 8))).toMatchObject({
      Name: "/life",
      State: { Status: "running", Running: true, ExitCode: 0 },
    });
    expect((await shop.it.succeed(["stop", "life"])).stdout).toBe("life\n");
    expect(await names()).not.toContain("life");
    expect(await shop.it.inspect("life")).toMatchObject({ State: { Status: "exited", Pid: 0 } });
    await shop.it.succeed(["start", "life"]);
    expect(await names()).toContain("life");
    await shop.it.succeed(["kill", "life"]);
    expect(await shop.it.inspect("life")).toMatchObject({ State: { Status: "exited", ExitCode: 137 } });
    await shop.it.succeed(["start", "life"]);
    expect(await names()).toContain("life");
    const refused = await shop.it.run(["rm", "life"]);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain("is running");
    await shop.it.succeed(["rm", "-f", "life"]);
    expect(await names("-a")).not.toContain("life");
    expect(existsSync(join(shop.it.home, "containers", id))).toBe(false);
    expect(existsSync(join(shop.it.home, "containers/names/life"))).toBe(false);
  });

  it("keeps what it wrote from one start to the next", async () => {
    await detached(shop.it, "--name", "keeps", "busybox", "sh", "-c", "echo x >> /data; cat /data");
    await shop.it.succeed(["wait", "keeps"]);
    await shop.it.succeed(["start", "keeps"]);
    await shop.it.succeed(["wait", "keeps"]);
    expect((await shop.it.succeed(["logs", "keeps"])).stdout).toBe("x\nx\nx\n");
    await shop.it.succeed(["rm", "keeps"]);
  });

  it("tells its exit code to `wait`, and its output to `logs`, stream by stream", async () => {
    await detached(shop.it, "--name", "says", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7");
    expect((await shop.it.succeed(["wait", "says"])).stdout).toBe("7\n");
    expect(await shop.it.succeed(["logs", "says"])).toMatchObject({ stdout: "out\n", stderr: "err\n" });
    expect((await shop.it.succeed(["logs", "-t", "--tail", "1", "says"])).stderr).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z err\n$/,
    );
    expect(await shop.it.inspect("says")).toMatchObject({ State: { Status: "exited", ExitCode: 7 } });
    expect((await shop.it.succeed(["ps", "-a", "--filter", "name=says"])).stdout).toContain("Exited (7)");
    await shop.it.succeed(["rm", "says"]);
  });

  it("DR-03: a command that is missing or cannot be executed is told at once", async () => {
    const missing = await shop.it.run(["run", "-d", "--name", "missing", "busybox", "nosuchprogram"]);
    expect(missing.exitCode).toBe(127);
    expect(missing.stderr).toContain("nosuchprogram");
    expect(await shop.it.inspect("missing")).toMatchObject({ State: { Status: "created", ExitCode: 127 } });
    expect((await shop.it.run(["run", "-d", "--rm", "busybox", "/etc/passwd"])).exitCode).toBe(126);
    await shop.it.succeed(["rm", "missing"]);
    expect(readdirSync(join(shop.it.home, "containers"))).toEqual(["names"]);
  });

  it("DR-04: is stopped by the signal of its image or of the command line, and killed when its time is up", async () => {
    await shop.it.build({ Dockerfile: "FROM busybox\nSTOPSIGNAL SIGUSR1\n" }, "-t", "usr1");
    const traps = "trap 'echo usr1; exit 1' USR1; trap 'echo int; exit 2' INT; trap '' TERM; echo ready";
    const loop = `${traps}; ${IDLES}`;
    const stopped = async (flags: readonly string[], ...stop: string[]) => {
      await detached(shop.it, "--name", "signals", ...flags, "usr1", "sh", "-c", loop);
      await untilLogged(shop.it, "signals", "ready");
      await shop.it.succeed(["stop", ...stop, "signals"]);
      const { State } = await shop.it.inspect("signals");
      await shop.it.succeed(["rm", "signals"]);
      return State.ExitCode;
    };
    expect(await stopped([])).toBe(1);
    expect(await stopped(["--stop-signal", "INT"])).toBe(2);
    expect(await stopped(["--stop-signal", "TERM", "--stop-timeout", "1"])).toBe(137);
    expect(await stopped([], "-s", "SIGINT")).toBe(2);
    expect(await stopped([], "-s", "SIGTERM", "-t", "0")).toBe(137);
  });

  it("gets signals by `kill`", async () => {
    const trap = `trap 'echo got; exit 3' USR2; echo ready; ${IDLES}`;
    await detached(shop.it, "--name", "killed", "busybox", "sh", "-c", trap);
    await untilLogged(shop.it, "killed", "ready");
    await shop.it.succeed(["kill", "-s", "USR2", "killed"]);
    expect((await shop.it.succeed(["wait", "killed"])).stdout).toBe("3\n");
    expect((await shop.it.run(["kill", "killed"])).stderr).toContain("is not running");
    expect((await shop.it.run(["kill", "-s", "NOSUCH", "killed"])).exitCode).toBe(2);
    await shop.it.succeed(["rm", "killed"]);
  });

  it("with --rm survives a restart, with what it wrote, and goes at its last end", async () => {
    const ids = [await waiting(shop.it, "--rm", "busybox")];
    await shop.it.succeed(["exec", ids[0]!, "touch", "/written"]);
    await shop.it.succeed(["restart", ids[0]!]);
    await shop.it.succeed(["exec", ids[0]!, "test", "-e", "/written"]);
    await untilLogged(shop.it, ids[0]!, "ready\nready");
    await shop.it.succeed(["stop", ids[0]!]);
    await shop.it.run(["wait", "--condition", "removed", ids[0]!]);
    expect(readdirSync(join(shop.it.home, "containers"))).toEqual(["names"]);
  });

  it("with --rm is removed also where its start fails before anything runs", async () => {
    // Everything but the tools of private networks.
    const tools = join(shop.it.folder, "few-tools");
    mkdirSync(tools);
    for (const name of ["unshare", "setpriv", "newuidmap", "newgidmap"])
      symlinkSync(requireTool(name), join(tools, name));
    const network = ["--network", "private"];
    for (const flags of [["--rm"], ["--rm", "-d"]]) {
      const failed = await shop.it.run(["run", ...flags, ...network, "busybox", "true"], {
        env: { PATH: tools },
      });
      expect([failed.exitCode, failed.stderr]).toEqual([125, expect.stringContaining("TOOL_NOT_FOUND")]);
    }
    await shop.it.succeed(["create", "--rm", "--name", "late", ...network, "busybox", "true"]);
    expect((await shop.it.run(["start", "late"], { env: { PATH: tools } })).exitCode).toBe(1);
    expect(readdirSync(join(shop.it.home, "containers"))).toEqual(["names"]);
    expect(readdirSync(join(shop.it.home, "containers/names"))).toEqual([]);
  });

  it("with --rm nothing is left of it", async () => {
    const id = await detached(shop.it, "--rm", "busybox", "sh", "-c", "echo gone > /file");
    await shop.it.run(["wait", "--condition", "removed", id]);
    expect(readdirSync(join(shop.it.home, "containers"))).toEqual(["names"]);
    expect(readdirSync(join(shop.it.home, "containers/names"))).toEqual([]);
  });

  it("cannot lead the next start out of its root by links that it made", async () => {
    const place = join(shop.it.folder, "machine");
    const script = `rm -rf /a && mkdir -p ${shop.it.folder} && ln -s ${shop.it.folder} /a`;
    await detached(shop.it, "--name", "links", "-w", "/a/machine", "busybox", "sh", "-c", `cd /; ${script}`);
    await shop.it.succeed(["wait", "links"]);
    await shop.it.succeed(["start", "links"]);
    await shop.it.succeed(["wait", "links"]);
    expect(existsSync(place)).toBe(false);
    await shop.it.succeed(["rm", "links"]);
  });

  it("keeps its image: that cannot be removed by its last name, and pruning leaves its layers", async () => {
    await shop.it.build({ Dockerfile: "FROM busybox\nRUN echo kept > /kept\n" }, "-t", "base");
    await waiting(shop.it, "--name", "user", "base");
    const refused = await shop.it.run(["rmi", "base"]);
    expect(refused.stderr).toContain("is used by the container user");
    await shop.it.succeed(["rmi", "-f", "base"]);
    await shop.it.succeed(["system", "prune", "-a", "-f"]);
    await shop.it.succeed(["restart", "user"]);
    expect((await shop.it.succeed(["exec", "user", "cat", "/kept"])).stdout).toBe("kept\n");
    await shop.it.succeed(["rm", "-f", "user"]);
  });

  it("DR-05: is given further groups, and DR-07: variables of a file", async () => {
    writeFileSync(join(shop.it.folder, "vars"), "A=1\n");
    const flags = ["--group-add", "50", "--group-add", "tty", "--env-file", "vars"];
    const { stdout } = await shop.it.succeed([
      "run",
      "--rm",
      ...flags,
      "busybox",
      "sh",
      "-c",
      "id -G; echo $A",
    ]);
    expect(stdout).toBe("0 5 50\n1\n");
    const unknown = await shop.it.run(["run", "--rm", "--group-add", "nosuch", "busybox", "true"]);
    expect(unknown).toMatchObject({ exitCode: 125 });
    expect(unknown.stderr).toContain("unable to find group nosuch");
  });

  it("DR-03: with --init process 1 is an init that reaps and forwards signals", async () => {
    const script = `trap 'exit 4' TERM; echo $$; cat /proc/1/comm; ${IDLES}`;
    await detached(shop.it, "--init", "--name", "inited", "busybox", "sh", "-c", script);
    await untilLogged(shop.it, "inited", "docker-init");
    await shop.it.succeed(["stop", "inited"]);
    expect(await shop.it.inspect("inited")).toMatchObject({
      State: { ExitCode: 4 },
      HostConfig: { Init: true },
    });
    await shop.it.succeed(["rm", "inited"]);
  });

  it("in the foreground is recorded, too: it is seen, stopped and kept", async () => {
    const running = shop.it.run(["run", "--name", "front", "busybox", ...WAITS]);
    await untilLogged(shop.it, "front", "ready");
    expect(await names()).toEqual(["front"]);
    await shop.it.succeed(["stop", "front"]);
    expect(await running).toMatchObject({ exitCode: 0, stdout: "ready\n" });
    expect((await shop.it.succeed(["logs", "front"])).stdout).toBe("ready\n");
    await shop.it.succeed(["rm", "front"]);
  });
});

// What does not depend on who runs it is shown once.
describe("a detached container, whoever has it", () => {
  const shop = shops.root;
  const names = (...args: string[]) => namesIn(shop.it, ...args);

  it("has a name that only one has, and that can be changed", async () => {
    await shop.it.succeed(["create", "--name", "first", "busybox", "true"]);
    const taken = await shop.it.run(["run", "-d", "--name", "first", "busybox", "true"]);
    expect(taken.exitCode).toBe(125);
    expect(taken.stderr).toContain('the container name "/first" is already in use');
    await shop.it.succeed(["rename", "first", "second"]);
    expect(await names("-a")).toEqual(["second"]);
    expect((await shop.it.run(["start", "first"])).exitCode).toBe(1);
    await shop.it.succeed(["start", "second"]);
    await shop.it.succeed(["wait", "second"]);
    await shop.it.succeed(["rm", "second"]);
  });

  it("is chosen by filters, and shown as a template or as JSON", async () => {
    await shop.it.succeed(["create", "--name", "one", "-l", "tier=web", "-l", "x", "busybox", "true"]);
    await shop.it.succeed(["create", "--name", "two", "-l", "tier=db", "busybox", "true"]);
    expect(await names()).toEqual([]);
    expect(await names("-a", "--filter", "label=tier=web")).toEqual(["one"]);
    expect(await names("-a", "--filter", "label=tier", "--filter", "label=x")).toEqual(["one"]);
    expect(await names("--filter", "status=created", "--filter", "name=tw")).toEqual(["two"]);
    expect(await names("-a", "--filter", "ancestor=busybox")).toEqual(["two", "one"]);
    expect(await names("-a", "--filter", "ancestor=nothing")).toEqual([]);
    expect((await shop.it.run(["ps", "--filter", "color=red"])).exitCode).toBe(2);
    const table = (await shop.it.succeed(["ps", "-a", "--format", "table {{.Names}}\t{{.State}}"])).stdout;
    expect(table).toBe("NAMES   STATE\ntwo     created\none     created\n");
    const rows = (await shop.it.succeed(["ps", "-a", "--format", "json", "--no-trunc"])).stdout
      .trim()
      .split("\n");
    expect(JSON.parse(rows[0]!)).toMatchObject({ Names: "two", Command: '"true"', Labels: "tier=db" });
    const said = "echo a longer line";
    const mounts = ["-v", "named:/a", "-v", "/sys:/b", "--tmpfs", "/c"];
    await shop.it.succeed(["create", "--name", "three", ...mounts, "busybox", "sh", "-c", said]);
    const json = ["ps", "-l", "--format", "json"];
    expect(JSON.parse((await shop.it.succeed(json)).stdout)).toMatchObject({
      ...{ Command: `"sh -c 'echo a longe…"`, Mounts: "named,/sys", LocalVolumes: "1" },
      CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$/),
    });
    const whole = JSON.parse((await shop.it.succeed([...json, "--no-trunc"])).stdout);
    expect(whole.Command).toBe(`"sh -c '${said}'"`);
    await shop.it.succeed(["rm", "three"]);
    const header = (await shop.it.succeed(["ps"])).stdout;
    expect(header.trim().split(/ {2,}/)).toEqual([
      "CONTAINER ID",
      "IMAGE",
      "COMMAND",
      "CREATED",
      "STATUS",
      "PORTS",
      "NAMES",
    ]);
    const removed = (await shop.it.succeed(["container", "prune", "-f"])).stdout;
    expect(removed.split("\n").filter((line) => /^[0-9a-f]{64}$/.test(line)).length).toBe(2);
  });

  it("DR-10: has the labels of its image and of the command line, which wins", async () => {
    await shop.it.build({ Dockerfile: "FROM busybox\nLABEL a=image b=image\n" }, "-t", "labelled");
    writeFileSync(join(shop.it.folder, "labels"), "c=file\n");
    const flags = ["-l", "b=flag", "--label-file", "labels", "--label", "empty"];
    await shop.it.succeed(["create", "--name", "labelled-1", ...flags, "labelled"]);
    const { Config } = await shop.it.inspect("labelled-1");
    expect(Config.Labels).toEqual({ a: "image", b: "flag", c: "file", empty: "" });
    await shop.it.succeed(["rm", "labelled-1"]);
  });

  it("writes its id to a file that must be new", async () => {
    const { stdout } = await shop.it.succeed(["create", "--cidfile", "cid", "busybox", "true"]);
    expect(readFileSync(join(shop.it.folder, "cid"), "utf8")).toBe(stdout.trim());
    const again = await shop.it.run(["create", "--cidfile", "cid", "busybox", "true"]);
    expect(again.stderr).toContain("container ID file found");
    await shop.it.succeed(["container", "prune", "-f"]);
  });

  it("is followed by `logs -f` until it ends", async () => {
    await waiting(shop.it, "--name", "followed", "busybox");
    const following = shop.it.succeed(["logs", "-f", "followed"]);
    await shop.it.succeed(["stop", "followed"]);
    expect((await following).stdout).toBe("ready\n");
    await shop.it.succeed(["rm", "followed"]);
  });

  it("is left as it is by `start` where it will start again by itself", async () => {
    await detached(shop.it, "--name", "again", "--restart", "always", "busybox", "false");
    await untilContainer(shop.it, "again", ({ State }) => State.Status === "restarting");
    expect((await shop.it.succeed(["start", "again"])).stdout).toBe("again\n");
    await shop.it.succeed(["rm", "-f", "again"]);
  });

  it("tells its exit code also to who waits until it is removed", async () => {
    const id = await detached(
      shop.it,
      "--rm",
      "busybox",
      "sh",
      "-c",
      `trap 'exit 7' TERM; echo ready; ${IDLES}`,
    );
    await untilLogged(shop.it, id, "ready");
    const waited = shop.it.succeed(["wait", "--condition", "removed", id]);
    await shop.it.succeed(["wait", "--condition", "running", id]);
    await shop.it.succeed(["kill", "-s", "TERM", id]);
    expect((await waited).stdout).toBe("7\n");
  });
});
