import { expect, it } from "vitest";
import { SLOW, useExampleStore } from "../support/examples.ts";

const slipway = useExampleStore();

it("example onbuild: triggers run downstream, once, and fail where a file is missing", {
  timeout: SLOW,
}, async () => {
  await slipway.succeed(["build", "-t", "example/onbuild-upstream", "examples/onbuild/upstream"]);
  expect((await slipway.inspect("example/onbuild-upstream")).Config.OnBuild).toEqual([
    "COPY cargo.manifest /cargo/manifest",
    "RUN check-manifest /cargo/manifest",
  ]);

  await slipway.succeed(["build", "-t", "example/onbuild-complete", "examples/onbuild/complete"]);
  const cargo = await slipway.succeed(["run", "--rm", "example/onbuild-complete"]);
  expect(cargo.stdout).toBe("12 barrels of tar\n3 spare sails\n200 ship biscuits\n");
  expect((await slipway.inspect("example/onbuild-complete")).Config.OnBuild ?? []).toEqual([]);

  const failed = await slipway.run([
    "build",
    "-t",
    "example/onbuild-incomplete",
    "examples/onbuild/incomplete",
  ]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain("SOURCE_NOT_FOUND");
  expect(failed.stderr).toContain("cargo.manifest");
  expect((await slipway.run(["inspect", "example/onbuild-incomplete"])).exitCode).toBe(1);
});
