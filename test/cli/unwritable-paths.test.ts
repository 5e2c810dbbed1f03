import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folders.ts";

/** The kernel answers ENOENT here although the folder above exists. */
const NOWHERE = "/proc/slipway-test";

describe.runIf(existsSync("/proc/self"))("a folder that cannot be made below /proc", () => {
  const outputs = [`type=local,dest=${NOWHERE}`, NOWHERE, `type=oci,tar=false,dest=${NOWHERE}`];
  for (const output of outputs)
    it(`is refused as the output ${output}`, async () => {
      const { exitCode, stderr } = await runCli(["build", "-q", "-o", output, "-"], {
        home: temporaryFolder(),
        input: "FROM scratch\n",
      });
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`cannot write ${NOWHERE}: ENOENT`)]);
      expect(stderr).toContain("(OUTPUT_INVALID)");
    });

  it("is refused as the home of the store", async () => {
    for (const args of [["build", "-"], ["images"]]) {
      const { exitCode, stderr } = await runCli(args, {
        home: NOWHERE,
        cwd: temporaryFolder(),
        input: "FROM scratch\n",
      });
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining("(STORE_UNUSABLE)")]);
    }
  });
});
