import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findInit } from "../../src/container/init-program.ts";
import { temporaryFolder } from "../support/folders.ts";
import { requireTool } from "../support/tools.ts";

it("DR-03: an init is a program of this machine that needs no libraries, the first of several", () => {
  const folder = temporaryFolder();
  copyFileSync(requireTool("busybox"), join(folder, "tini"));
  expect(findInit(folder)).toBe(join(folder, "tini"));
  // A script, and a program with libraries, run in no other root.
  writeFileSync(join(folder, "catatonit"), "#!/bin/sh\n");
  chmodSync(join(folder, "catatonit"), 0o755);
  copyFileSync(process.execPath, join(folder, "docker-init"));
  expect(findInit(folder)).toBe(join(folder, "tini"));
});

it("DR-03: where there is none, the error says what to install", () => {
  const folder = temporaryFolder();
  copyFileSync(process.execPath, join(folder, "catatonit"));
  for (const path of [temporaryFolder(), folder]) {
    try {
      findInit(path);
    } catch (error) {
      expect(error).toMatchObject({ code: "RUNTIME_UNAVAILABLE" });
      expect((error as { hint: string }).hint).toContain("tini");
      continue;
    }
    // The system's own folders are always looked into.
    expect(findInit(path)).toMatch(/^\/(usr\/)?sbin\//);
  }
});
