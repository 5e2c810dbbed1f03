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

it("example hardened: --harden=strict makes an image that passes its audit of a Dockerfile that does nothing for it", {
  timeout: SLOW,
}, async () => {
  const { digest } = (await slipway.inspect("debian:bookworm")).Descriptor;
  const file = ["-f", "examples/hardened/exposed.df", "examples/hardened"];
  const build = ["build", "-t", "example/exposed", "--build-arg", `BASE_DIGEST=${digest}`];
  const audit = ["audit", "example/exposed", "--fail-on", "low"];
  await slipway.succeed([...build, ...file]);
  const before = await slipway.run(audit);
  expect([before.exitCode, before.stdout]).toEqual([
    1,
    expect.stringContaining("/usr/bin/su is -rwsr-xr-x root:root"),
  ]);

  const hardened = await slipway.succeed([...build, "--progress=plain", "--harden=strict", ...file]);
  expect(hardened.stderr).toContain("stripped /usr/bin/su (setuid): 4755 -> 0755");
  await slipway.succeed(audit);
  const find = ["find", "/", "-xdev", "-type", "f", "-perm", "/6000"];
  const left = await slipway.succeed(["run", "--rm", "--user", "root", "example/exposed", ...find]);
  expect(left.stdout).toBe("");
  const run = await slipway.succeed(["run", "--rm", "example/exposed"]);
  expect(run.stdout).toBe("uid=10001(app) gid=10001(app) groups=10001(app)\n");
});
