import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPolicy } from "../../src/api/audit-policy.ts";
import { isSlipwayError } from "../../src/core/errors.ts";
import { temporaryFolder } from "../support/folders.ts";

const POLICY_FILE = ".slipway-audit.yaml";
const SOUND = "version: 1\naccept: []\n";

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (isSlipwayError(error, "POLICY_INVALID")) return error.message;
    throw error;
  }
  return "it was taken";
}

describe("where a policy is", () => {
  it("is in the folder, or where somebody says; none is none", () => {
    const cwd = temporaryFolder();
    expect(readPolicy({ cwd })).toBeUndefined();
    mkdirSync(join(cwd, "app"));
    writeFileSync(join(cwd, "app", POLICY_FILE), SOUND);
    expect(readPolicy({ cwd })).toBeUndefined();
    expect(readPolicy({ cwd, folder: "app" })?.file).toBe(`app/${POLICY_FILE}`);
    expect(readPolicy({ cwd, policy: join("app", POLICY_FILE) })?.accept).toEqual([]);
    expect(readPolicy({ cwd, folder: "app", policy: false })).toBeUndefined();
  });

  it("is never passed over where it cannot be read", () => {
    const cwd = temporaryFolder();
    const path = join(cwd, POLICY_FILE);
    expect(refusal(() => readPolicy({ cwd, policy: "p.yaml" }))).toContain("p.yaml: there is no such file");
    symlinkSync("nowhere", path);
    expect(refusal(() => readPolicy({ cwd }))).toContain("it is a link to nothing");
    mkdirSync(join(cwd, "nowhere"));
    expect(refusal(() => readPolicy({ cwd }))).toContain("it is not a file");
    writeFileSync(join(cwd, "latin"), Buffer.from("# \xe4\n", "latin1"));
    expect(refusal(() => readPolicy({ cwd, policy: "latin" }))).toContain("utf-8");
  });
});
