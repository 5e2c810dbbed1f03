import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLI } from "../support/cli.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";
import { prepareStoreHome } from "../support/program-cache.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";
import { type CommandResult, runCommand } from "../support/tools.ts";

/** Runs a line of shell in which `$0` is the command; in a folder with a Dockerfile. */
function shell(line: string, home: string): Promise<CommandResult> {
  writeTree(home, { Dockerfile: "FROM scratch\nLABEL a=b\n" });
  if (!existsSync(join(home, "store"))) prepareStoreHome(join(home, "store"));
  return runCommand("/bin/sh", ["-c", line.replaceAll("slipway", `"${process.execPath}" "$0"`), CLI], {
    cwd: home,
    env: { PATH: process.env.PATH ?? "", HOME: home, SLIPWAY_HOME: join(home, "store") },
    input: "",
  });
}

const FULL = "standard output cannot be written: ENOSPC: no space left on device, write (DISK_FULL)\n";

describe.runIf(existsSync("/dev/full"))("standard output that is full", () => {
  const commands = [
    "images",
    "--version",
    "--help",
    "build --progress=none --call=outline,format=json .",
    "build -q .",
    "build -q -o type=tar .",
    "build -q -o - .",
  ];
  for (const command of commands)
    it(`is told in one line by slipway ${command}`, async () => {
      const { exitCode, stderr } = await shell(`slipway ${command} > /dev/full`, temporaryFolder());
      expect([exitCode, stderr.split("\n").length]).toEqual([1, 2]);
      expect(stderr.endsWith(FULL)).toBe(true);
    });

  it("is told in one line by slipway save", async () => {
    const home = temporaryFolder();
    expect(await shell("slipway build -q -t x . && slipway save x > /dev/full", home)).toMatchObject({
      exitCode: 1,
      stderr: `ERROR: ${FULL}`,
    });
  });

  it("is told by the exit code where nothing else is left", async () => {
    expect((await shell("slipway images > /dev/full 2>&1", temporaryFolder())).exitCode).toBe(1);
  });

  it("as standard error loses progress, and not the build", async () => {
    for (const mode of ["plain", "json", "rawjson", "auto"]) {
      const home = temporaryFolder();
      const built = await shell(`slipway build --progress=${mode} -t x . 2> /dev/full`, home);
      expect([mode, built.exitCode]).toEqual([mode, 0]);
      expect((await shell("slipway images -q", home)).stdout).not.toBe("");
    }
    const failed = await shell("slipway build -f missing . 2> /dev/full", temporaryFolder());
    expect(failed.exitCode).toBe(1);
  });

  it("is no error where the reader has gone", async () => {
    const result = await shell("slipway build --help | head -c 1", temporaryFolder());
    expect(result).toEqual({ exitCode: 0, stdout: "U", stderr: "" });
  });
});

describe("a working directory that was deleted", () => {
  const gone = (command: string) =>
    shell(`mkdir gone && cd gone && rmdir ../gone && slipway ${command}`, temporaryFolder());

  it("is named, with the remedy", async () => {
    for (const command of ["images", "build .", "build -q -"]) {
      const { exitCode, stderr } = await gone(command);
      expect([command, exitCode, stderr]).toEqual([command, 1, expect.stringContaining("(CWD_NOT_FOUND)")]);
      expect(stderr).toContain("hint: change into a folder that exists\n");
      expect(stderr).not.toMatch(/^ +at /m);
    }
  });

  it("is no obstacle to help and version", async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
    expect(await gone("--version")).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
    expect(await gone("build --help")).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
