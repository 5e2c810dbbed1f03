import { expect, it } from "vitest";
import { SLOW, stepsOf, useExampleStore } from "../support/examples.ts";

const slipway = useExampleStore();

it("example git: runs git, fails at a mistake, and goes on from there when it is put right", {
  timeout: SLOW,
}, async () => {
  await slipway.succeed(["build", "-t", "example/git", "examples/git"]);
  expect((await slipway.succeed(["run", "--rm", "example/git", "version"])).stdout).toMatch(
    /^git version 2\./,
  );
  expect((await slipway.inspect("example/git")).Config).toMatchObject({
    Entrypoint: ["git"],
    Labels: { "org.opencontainers.image.title": "git" },
  });

  const failed = await slipway.run([
    "build",
    "-t",
    "example/git",
    "-f",
    "examples/git/mistake.df",
    "examples/git",
  ]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain(">>> RUN git config --sistem init.defaultBranch harbour");
  expect(failed.stderr).toContain("RUN_FAILED");

  const fixed = await slipway.succeed([
    "build",
    "-t",
    "example/git",
    "-f",
    "examples/git/fixed.df",
    "examples/git",
  ]);
  const steps = stepsOf(fixed.stderr);
  expect(steps.find((step) => step.includes("apt-get install"))).toMatch(/^#\d+ CACHED$/m);
  expect(steps.find((step) => step.includes("git config --system"))).toMatch(/^#\d+ DONE /m);
  const branch = await slipway.succeed([
    "run",
    "--rm",
    "example/git",
    "config",
    "--system",
    "init.defaultBranch",
  ]);
  expect(branch.stdout).toBe("harbour\n");
});
