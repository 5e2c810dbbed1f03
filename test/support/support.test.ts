import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./folders.ts";
import { REGISTRY_ACCOUNT, startRegistry } from "./registry.ts";
import { busyboxRootfs } from "./root-filesystems.ts";
import { asUser } from "./test-user.ts";
import { requireTool, runCommand, runOrFail } from "./tools.ts";

describe("test support", () => {
  it("makes a BusyBox root filesystem with a shell and the usual folders", async () => {
    const names = (await runOrFail("tar", ["-tf", await busyboxRootfs()])).split("\n");
    expect(names).toEqual(expect.arrayContaining(["./bin/busybox", "./bin/sh", "./etc/passwd", "./tmp/"]));
  });

  it("starts a registry, with and without credentials", async () => {
    const open = await startRegistry();
    expect((await fetch(`http://${open.host}/v2/`)).status).toBe(200);
    await open.stop();
    const closed = await startRegistry({ auth: true });
    const { username, password } = REGISTRY_ACCOUNT;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    expect((await fetch(`http://${closed.host}/v2/`)).status).toBe(401);
    expect((await fetch(`http://${closed.host}/v2/`, { headers: { authorization } })).status).toBe(200);
    await closed.stop();
  });

  it("runs as an ordinary user with subordinate ids", async () => {
    const user = await asUser();
    const command = [...user.prefix, "sh", "-c", "id -u; touch $HOME/mine"];
    const env = { PATH: process.env.PATH!, HOME: user.home };
    const result = await runCommand(command[0]!, command.slice(1), { env });
    expect(result).toEqual({ exitCode: 0, stdout: `${user.uid}\n`, stderr: "" });
    expect(readFileSync("/etc/subuid", "utf8")).toMatch(new RegExp(`^(${user.name}|${user.uid}):`, "m"));
    user.remove();
  });

  it("names the package of a program that is missing", () => {
    expect(() => requireTool("no-such-program")).toThrow("sudo apt-get install no-such-program");
    expect(temporaryFolder()).toContain("slipway-test-");
  });
});
