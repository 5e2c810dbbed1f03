import { expect, it } from "vitest";
import { SLOW, useExampleStore } from "../support/examples.ts";

const slipway = useExampleStore();

it("example hardened: only the pinned base will do, and nothing in the image lends rights", {
  timeout: SLOW,
}, async () => {
  const { digest } = (await slipway.inspect("debian:bookworm")).Descriptor;
  const build = (pinned: string) => [
    "build",
    "-t",
    "example/hardened",
    "--build-arg",
    `BASE_DIGEST=${pinned}`,
    "examples/hardened",
  ];
  await slipway.succeed(build(digest));
  expect((await slipway.inspect("example/hardened")).Config).toMatchObject({ User: "deckhand:deckhand" });

  const run = await slipway.succeed(["run", "--rm", "example/hardened"]);
  expect(run.stdout).toBe("uid=2000(deckhand) gid=2000(deckhand) groups=2000(deckhand)\n0\n");
  const base = await slipway.succeed([
    "run",
    "--rm",
    "debian:bookworm",
    "find",
    "/",
    "-xdev",
    "-type",
    "f",
    "-perm",
    "/6000",
  ]);
  expect(base.stdout).toContain("/usr/bin/passwd\n");

  const other = await slipway.run(build(`sha256:${"0".repeat(64)}`));
  expect(other.exitCode).toBe(1);
  expect(other.stderr).toContain(">>> FROM debian:bookworm@${BASE_DIGEST}");
});
