import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { makeFolder, writeTree } from "./support/folders.ts";
import { PROJECT_ROOT } from "./support/source-tree.ts";
import { runCommand, runOrFail } from "./support/tools.ts";

describe("the packed tarball, installed in an empty folder without scripts", () => {
  const { path: folder, remove } = makeFolder();
  /** npm needs all that its user has set up for it: certificates, proxies, a registry of their own. */
  const npm = { ...process.env } as Record<string, string>;
  const env = { PATH: process.env.PATH!, HOME: folder, SLIPWAY_HOME: join(folder, "home") };

  beforeAll(async () => {
    const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
    const tarball = (await runOrFail("npm", pack, { cwd: PROJECT_ROOT, env: npm })).trim();
    const install = [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefix",
      folder,
      join(folder, tarball),
    ];
    await runOrFail("npm", install, { cwd: folder, env: npm });
    return remove;
  });

  it("has a command that builds", async () => {
    const slipway = join(folder, "node_modules/.bin/slipway");
    const context = writeTree(join(folder, "context"), {
      Dockerfile: "FROM scratch\nCOPY a /b\n",
      a: "ahoy\n",
    });
    await runOrFail(slipway, ["build", "-o", join(folder, "out"), context], { env });
    expect(readFileSync(join(folder, "out/b"), "utf8")).toBe("ahoy\n");
  });

  it("has a command that Node leaves its own words to", async () => {
    const slipway = join(folder, "node_modules/.bin/slipway");
    const file = join(writeTree(folder, { "some.env": "NODE_OPTIONS=--no-such-option\n" }), "some.env");
    for (const words of [
      ["--env-file", "/nosuch", "image"],
      ["--env-file", file, "image"],
      ["image", "--env-file=/nosuch"],
    ]) {
      const { exitCode, stderr } = await runCommand(slipway, ["run", "--pull=never", ...words], { env });
      expect(stderr).toMatch(/^(slipway|ERROR): .*(nosuch|image)/m);
      expect(stderr).not.toContain("node:");
      expect([2, 125]).toContain(exitCode);
    }
  });

  it("has a library that builds, prints nothing and fails with a code", async () => {
    const program = `
      import { build, SlipwayError } from "slipway";
      try { await build({ context: ${JSON.stringify(join(folder, "nowhere"))} }); }
      catch (error) { process.exitCode = error instanceof SlipwayError && error.code === "CONTEXT_NOT_FOUND" ? 42 : 1; }`;
    const script = join(writeTree(folder, { "use.mjs": program }), "use.mjs");
    expect(await runCommand(process.execPath, [script], { env })).toEqual({
      exitCode: 42,
      stdout: "",
      stderr: "",
    });
  });

  it("holds no sources, tests or dependencies of its own", async () => {
    const { stdout } = await runCommand("ls", ["-A", join(folder, "node_modules/slipway")]);
    expect(stdout.trim().split("\n")).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "docs",
      "examples",
      "package.json",
    ]);
  });
});
