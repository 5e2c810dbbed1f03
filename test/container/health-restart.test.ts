import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { detached, untilContainer, waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

describe.each(Object.entries(shops))("health and restarts of containers of %s", (_, shop) => {
  it("DR-02: is checked as the container's user, with its variables and directory, and waited for", async () => {
    await shop.it.build(
      {
        Dockerfile: [
          "FROM busybox",
          "ENV WORD=ahoy",
          "WORKDIR /srv",
          "USER daemon",
          'HEALTHCHECK --interval=100ms CMD echo "$WORD $(pwd) $(id -u)"; test -e /tmp/up',
          "",
        ].join("\n"),
      },
      "-t",
      "checked",
    );
    await waiting(shop.it, "--name", "checked", "checked");
    expect((await shop.it.succeed(["ps"])).stdout).toMatch(/\((health: starting|unhealthy)\)/);
    await untilContainer(shop.it, "checked", ({ State }) => State.Health?.Status === "unhealthy");
    await shop.it.succeed(["exec", "checked", "touch", "/tmp/up"]);
    expect((await shop.it.succeed(["wait", "--condition", "healthy", "checked"])).stdout).toBe("0\n");
    const { State } = await untilContainer(shop.it, "checked", ({ State }) => State.Health!.Log.length === 5);
    expect(State.Health).toMatchObject({ Status: "healthy", FailingStreak: 0 });
    expect(State.Health!.Log.at(-1)).toMatchObject({ ExitCode: 0, Output: "ahoy /srv 1\n" });
    expect((await shop.it.succeed(["ps", "--filter", "health=healthy"])).stdout).toContain("(healthy)");
    await shop.it.succeed(["rm", "-f", "checked"]);
  });

  it("DR-02: a probe that takes too long is killed with what it started, one that is missing has failed", async () => {
    const flags = ["--health-interval", "50ms", "--health-timeout", "200ms", "--health-retries", "1"];
    await waiting(shop.it, "--name", "slow", ...flags, "--health-cmd", "sleep 7777", "busybox");
    const { State } = await untilContainer(
      shop.it,
      "slow",
      ({ State }) => State.Health?.Status === "unhealthy",
    );
    expect(State.Health!.Log[0]).toMatchObject({ ExitCode: -1 });
    expect(State.Health!.Log[0]!.Output).toContain("exceeded timeout");
    const { stdout } = await shop.it.succeed(["exec", "slow", "ps"]);
    expect(stdout.split("\n").filter((line) => line.includes("sleep 7777")).length).toBeLessThan(4);
    await shop.it.succeed(["rm", "-f", "slow"]);
    await waiting(shop.it, "--name", "missing", ...flags, "--health-cmd", "/no/such", "busybox");
    await untilContainer(shop.it, "missing", ({ State }) => State.Health?.Status === "unhealthy");
    await shop.it.succeed(["rm", "-f", "missing"]);
  });
});

// What does not depend on who runs it is shown once.
describe("health and restarts, whoever has the container", () => {
  const shop = shops.root;

  it("DR-02: is not checked with --no-healthcheck, and waiting for health says so", async () => {
    await shop.it.build({ Dockerfile: "FROM busybox\nHEALTHCHECK CMD true\n" }, "-t", "checked");
    await waiting(shop.it, "--name", "unchecked", "--no-healthcheck", "checked");
    expect((await shop.it.inspect("unchecked")).State.Health).toBeUndefined();
    const wait = await shop.it.run(["wait", "--condition", "healthy", "unchecked"]);
    expect(wait.stderr).toContain("has no health check");
    await shop.it.succeed(["rm", "-f", "unchecked"]);
    const both = ["run", "--no-healthcheck", "--health-cmd", "true", "busybox", "true"];
    expect(await shop.it.run(both)).toMatchObject({ exitCode: 125 });
  });

  it("restarts on failure so many times, and then stays", async () => {
    await detached(
      shop.it,
      "--name",
      "fails",
      "--restart",
      "on-failure:2",
      "busybox",
      "sh",
      "-c",
      "echo x; exit 5",
    );
    expect((await shop.it.succeed(["wait", "fails"])).stdout).toBe("5\n");
    expect(await shop.it.inspect("fails")).toMatchObject({ RestartCount: 2, State: { Status: "exited" } });
    expect((await shop.it.succeed(["logs", "fails"])).stdout).toBe("x\nx\nx\n");
    await shop.it.succeed(["rm", "fails"]);
  });

  it("restarts always, until it is stopped", async () => {
    await detached(shop.it, "--name", "always", "--restart", "always", "busybox", "true");
    await untilContainer(shop.it, "always", ({ RestartCount }) => RestartCount >= 2);
    await shop.it.succeed(["stop", "always"]);
    expect((await shop.it.inspect("always")).State.Status).toBe("exited");
    await shop.it.succeed(["rm", "always"]);
    const both = ["run", "--rm", "--restart", "always", "busybox", "true"];
    expect(await shop.it.run(both)).toMatchObject({ exitCode: 125 });
  });
});
