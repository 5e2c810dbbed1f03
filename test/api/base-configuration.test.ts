import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configurationScript, policyScript } from "../../src/api/base-configuration.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";
import { runOrFail } from "../support/tools.ts";

it("a base made here has the configuration that Dockerfiles expect of the official images", async () => {
  const kept = { "var/cache/apt/archives/readme": "", "etc/apt/sources.list": "" };
  const removed = {
    "var/cache/apt/pkgcache.bin": "",
    "var/cache/apt/archives/a_1_all.deb": "",
    "var/lib/apt/lists/partial/x": "",
  };
  const root = writeTree(temporaryFolder(), { ...kept, ...removed });
  await runOrFail("sh", ["-c", `set -e; ${policyScript()}; ${configurationScript()}`, "hook", root]);
  for (const path of Object.keys(kept)) expect(existsSync(join(root, path)), path).toBe(true);
  for (const path of Object.keys(removed)) expect(existsSync(join(root, path)), path).toBe(false);
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  expect(read("etc/apt/apt.conf.d/docker-clean").split("\n")).toEqual([
    expect.stringMatching(
      /^DPkg::Post-Invoke \{ "rm -f \/var\/cache\/apt\/archives\/\*\.deb .* \|\| true"; \};$/,
    ),
    expect.stringMatching(/^APT::Update::Post-Invoke \{ "rm -f /),
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
    "",
  ]);
  expect(read("etc/apt/apt.conf.d/docker-autoremove-suggests")).toBe(
    'Apt::AutoRemove::SuggestsImportant "false";\n',
  );
  expect(read("usr/sbin/policy-rc.d")).toBe("#!/bin/sh\nexit 101\n");
  expect(statSync(join(root, "usr/sbin/policy-rc.d")).mode & 0o777).toBe(0o755);
});
