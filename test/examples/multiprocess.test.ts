import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { say } from "../../scripts/loopback.mjs";
import { SLOW, useExampleStore } from "../support/examples.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";
import { hasTool, runCommand } from "../support/tools.ts";

const FOLDER = "examples/multiprocess";
const IMAGE = "example/multiprocess";
const SETTINGS = ["-e", "HARBOUR=Lisbon", "-v", "harbour:/var/lib/harbour"];
const PLACE = ["-p", "127.0.0.1::7000", "-p", "127.0.0.1::8080", "--read-only"];

describe("example multiprocess", () => {
  const slipway = useExampleStore();
  const out = async (...args: string[]) => (await slipway.succeed(args)).stdout;
  const healthy = () => slipway.succeed(["wait", "--condition", "healthy", "harbour"]);

  /** Sends a text to a port of the harbour, as this machine sees it after the last start. */
  async function answer(port: number, text: string): Promise<string> {
    const [{ NetworkSettings }] = JSON.parse(await out("inspect", "harbour"));
    return say(Number(NetworkSettings.Ports[`${port}/tcp`][0].HostPort), text);
  }

  beforeAll(async () => {
    await slipway.succeed(["build", "-t", IMAGE, FOLDER]);
  }, SLOW);

  afterAll(async () => {
    await slipway.run(["rm", "-f", "harbour"]);
  });

  it("its startup script is the one that its contract gives", async () => {
    const file = join(PROJECT_ROOT, FOLDER, "preflight.sh");
    expect(await out("preflight", "script", "-f", `${FOLDER}/preflight.yaml`)).toBe(
      readFileSync(file, "utf8"),
    );
  });

  it.runIf(hasTool("shellcheck"))("shellcheck finds nothing (the test needs shellcheck)", async () => {
    const files = ["preflight.sh", "services", "take", "show", "well"].map((name) =>
      join(PROJECT_ROOT, FOLDER, name),
    );
    expect(await runCommand("shellcheck", files)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  it("what it presumes is checked outside, and by the startup script inside", async () => {
    const outside = await slipway.run(["run", "--rm", IMAGE]);
    expect([outside.exitCode, outside.stdout]).toEqual([125, ""]);
    const inside = await slipway.run(["run", "--rm", "--no-preflight", "--network", "private", IMAGE]);
    expect([inside.exitCode, inside.stdout]).toEqual([78, ""]);
    for (const { stderr } of [outside, inside]) {
      expect(stderr).toContain("HARBOUR is not set");
      expect(stderr).toContain("nothing is mounted at /var/lib/harbour");
    }
  });

  it("killed and started again, its data is there; asked to stop, it ends well", async () => {
    await slipway.succeed(["run", "-d", "--name", "harbour", ...PLACE, ...SETTINGS, IMAGE]);
    await healthy();
    expect(await answer(7000, "two ships\nfog")).toBe("noted: two ships\nnoted: fog\n");
    await slipway.succeed(["kill", "harbour"]);
    expect(await out("wait", "harbour")).toBe("137\n");
    await slipway.succeed(["start", "harbour"]);
    await healthy();
    expect(await answer(8080, "GET / HTTP/1.0\r\n\r\n")).toMatch(/\r\n\r\nLisbon: two ships\nLisbon: fog\n$/);
    await slipway.succeed(["stop", "harbour"]);
    expect(await out("inspect", "-f", "{{.State.ExitCode}}", "harbour")).toBe("0\n");
    expect(await out("logs", "harbour")).toContain("harbour of Lisbon is closed");
    await slipway.succeed(["rm", "harbour"]);
    const other = ["run", "--rm", "--network", "private", ...SETTINGS, "--entrypoint", "cat", IMAGE];
    expect(await out(...other, "/var/lib/harbour/journal")).toBe("Lisbon: two ships\nLisbon: fog\n");
  });

  it("a service that is lost ends the container, and a policy brings both back", async () => {
    const policy = ["--restart", "on-failure"];
    await slipway.succeed(["run", "-d", "--name", "harbour", ...policy, ...PLACE, ...SETTINGS, IMAGE]);
    await healthy();
    const kill =
      "for p in /proc/[0-9]*; do grep -q '[T]CP-LISTEN:8080' $p/cmdline && kill -9 ${p#/proc/}; done; true";
    await slipway.run(["exec", "harbour", "bash", "-c", kill]);
    for (;;) {
      const [{ RestartCount }] = JSON.parse(await out("inspect", "harbour"));
      if (RestartCount > 0) break;
    }
    await healthy();
    expect(await answer(8080, "GET / HTTP/1.0\r\n\r\n")).toContain("200 OK");
    await slipway.succeed(["rm", "-f", "harbour"]);
  });
});
