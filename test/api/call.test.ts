import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check, isSlipwayError, listTargets, outline, readEnvironment } from "../../src/index.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const context = (text: string, files: Readonly<Record<string, string>> = {}) =>
  shop.it.context({ Dockerfile: text, ...files });
const environment = () =>
  readEnvironment(
    { SLIPWAY_HOME: shop.it.home, PATH: process.env.PATH },
    { uid: process.getuid!(), homeDirectory: shop.it.folder, cwd: shop.it.folder },
  );
const call = (method: string, text: string, ...flags: string[]) =>
  shop.it.run(["build", "--progress=plain", `--call=${method}`, ...flags, context(text)]);

describe("slipway build --check", () => {
  it("CL-06, LN-06: says that nothing was found, and ends with 0", async () => {
    const { exitCode, stdout } = await shop.it.run([
      "build",
      "--check",
      context("FROM busybox\nRUN exit 1\n"),
    ]);
    expect([exitCode, stdout]).toEqual([0, "Check complete, no warnings found.\n"]);
  });

  it("LN-06: ends with 1 where there are warnings, unless the status is to be ignored", async () => {
    const { exitCode, stdout, stderr } = await call("check", "FROM busybox\nCMD a\n");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^Check complete, 1 warning has been found!\n\nWARNING: JSONArgsRecommended - https:/,
    );
    expect(stderr).not.toMatch(/JSONArgs|ERROR/);
    expect((await call("check,ignorestatus=true", "FROM busybox\nCMD a\n")).exitCode).toBe(0);
  });

  it("LN-06: an error does not take the warnings away, and counts whatever the status", async () => {
    const text = "FROM busybox\nCMD a\nENV a=${b:?no}\n";
    const { exitCode, stdout, stderr } = await call("check,ignorestatus=true", text);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^Check complete, 2 warnings have been found!/);
    expect(stderr).toContain('ERROR: failed to process "${b:?no}": b: no (EXPANSION_FAILED)');
    const json = await call("check,format=json", text);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      version: "1.0.0",
      warnings: [{ ruleName: "JSONArgsRecommended" }, { ruleName: "UndefinedVar" }],
      buildError: {
        message: 'failed to process "${b:?no}": b: no',
        location: { ranges: [{ start: { line: 3 }, end: { line: 3 } }] },
      },
    });
  });

  it("LN-04: fatal findings are findings and an error", async () => {
    const { exitCode, stdout, stderr } = await call("check", "# check=error=true\nFROM busybox\nCMD a\n");
    expect([exitCode, stdout.split("\n", 1)[0]]).toEqual([1, "Check complete, 1 warning has been found!"]);
    expect(stderr).toContain("ERROR: lint violation found for rules: JSONArgsRecommended (LINT_FAILED)");
  });

  it("LN-04: they end a build before anything runs", async () => {
    const { exitCode, stderr } = await shop.it.build({
      Dockerfile: "# check=error=true\nFROM busybox\nRUN touch /x\nCMD a\n",
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(" - JSONArgsRecommended: ");
    expect(stderr).toContain("lint violation found for rules: JSONArgsRecommended (LINT_FAILED)");
    expect(stderr).not.toMatch(/^#\d+ \[(?!internal)/m);
  });

  it("LN-02: the build argument replaces the line", async () => {
    const text = "# check=error=true\nFROM busybox\nCMD a\n";
    const skip = ["--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=all"];
    expect((await call("check", text, ...skip)).exitCode).toBe(0);
    const wrong = await call("check", text, "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=foo");
    expect(wrong).toMatchObject({ exitCode: 2, stdout: "" });
    expect(wrong.stderr).toContain(
      'failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: invalid check option "foo"',
    );
  });

  it("LN-05: without a target every stage is looked at, with one only what it needs", async () => {
    const text = "FROM busybox AS a\nCMD a\nFROM busybox AS b\nWORKDIR x\nFROM busybox AS c\n";
    expect((await call("check", text)).stdout).toMatch(/^Check complete, 2 warnings/);
    expect((await call("check", text, "--target=b")).stdout).toMatch(/^Check complete, 1 warning /);
    expect((await call("check", text, "--target=c")).exitCode).toBe(0);
  });

  it("LN-05: of several platforms the first reports", async () => {
    const flags = ["--platform=linux/amd64,linux/arm64"];
    expect((await call("check", "FROM scratch\nCMD a\n", ...flags)).stdout).toMatch(
      / 1 warning has been found!/,
    );
  });

  it("CopyIgnoredFile: with the ignore file that is in force", async () => {
    const files = { ".dockerignore": "f\n", f: "1", "other.Dockerfile": "FROM scratch\nCOPY f /\n" };
    const folder = context("FROM scratch\nCOPY f /\n", { ...files, "other.Dockerfile.dockerignore": "" });
    const run = (...flags: string[]) => shop.it.run(["build", "--check", ...flags, folder]);
    expect((await run()).stdout).toContain('Attempting to Copy file "f" that is excluded by .dockerignore');
    expect((await run("-f", join(folder, "other.Dockerfile"))).exitCode).toBe(0);
  });

  it("8.1: no step is executed and no output is made", async () => {
    const output = join(shop.it.folder, "never-made");
    const text = "FROM busybox\nRUN --mount=type=secret,id=absent,required=true exit 1\n";
    const flags = ["-t", "never-tagged", "-o", `type=local,dest=${output}`];
    expect((await call("check", text, ...flags)).exitCode).toBe(0);
    expect(existsSync(output)).toBe(false);
    expect((await shop.it.run(["images"])).stdout).not.toContain("never-tagged");
  });

  it("8.1: what a build would have to be allowed is not asked for", async () => {
    expect((await call("check", "FROM busybox\nRUN --network=host --security=insecure x\n")).exitCode).toBe(
      0,
    );
  });

  it("8.1: the answer is the metadata, and there is no image id", async () => {
    const [metadata, id] = [join(shop.it.folder, "call.json"), join(shop.it.folder, "call.id")];
    await call("check", "FROM busybox\nCMD a\n", "--metadata-file", metadata, "--iidfile", id);
    expect(JSON.parse(readFileSync(metadata, "utf8"))).toMatchObject({
      "result.json": { warnings: [{ ruleName: "JSONArgsRecommended" }] },
      "result.statuscode": "1",
      "result.txt": expect.stringMatching(/^\nWARNING: JSONArgsRecommended/),
      version: "1.0.0",
    });
    expect(existsSync(id)).toBe(false);
  });

  it("8.1: of --check and --call the last counts", async () => {
    const run = (...flags: string[]) => shop.it.run(["build", ...flags, context("FROM busybox\nCMD a\n")]);
    expect((await run("--check", "--call=targets")).stdout).toMatch(/^TARGET/);
    expect((await run("--call=targets", "--check")).stdout).toMatch(/^Check complete/);
    expect((await run("--check=false", "--call=targets")).stdout).toMatch(/^TARGET/);
  });

  it("a context that does not exist is no finding", async () => {
    const run = await shop.it.run(["build", "--check", "/nonexistent"]);
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toContain("CONTEXT_NOT_FOUND");
  });
});

describe("slipway build --call", () => {
  it("SG-17: outline, with the findings of the linter at the end of the progress", async () => {
    const text =
      "# TAG to use\nARG TAG=1\nFROM busybox AS a\nARG TAG\nRUN --mount=type=secret,id=s exit 1\nCMD a\n";
    const { exitCode, stdout, stderr } = await call("outline", text, "--build-arg", "TAG=2");
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      "TARGET: a\n\nBUILD ARG   VALUE   DESCRIPTION\nTAG         2       \n\nSECRET   REQUIRED\ns        \n\n",
    );
    expect(stderr).toContain("1 warning found (use --debug to expand):\n - JSONArgsRecommended");
    expect(JSON.parse((await call("outline,format=json", text)).stdout)).toMatchObject({
      name: "a",
      args: [{ name: "TAG", value: "1", description: "to use" }],
    });
  });

  it("SG-17: an outline fails as a build would", async () => {
    const { exitCode, stdout, stderr } = await call("outline,format=json", "FROM busybox\n", "--target=x");
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain('target stage "x" could not be found');
  });

  it("SG-17: targets, whatever the linter and the bases say", async () => {
    const text = "# check=bogus\n# a is it\nFROM nowhere.example.invalid/x AS a\nFROM a\n";
    const { exitCode, stdout } = await call("targets", text);
    expect([exitCode, stdout]).toEqual([0, "TARGET    DESCRIPTION\na         is it\n(default) \n"]);
    expect(await call("targets", "FROM a\nBOGUS\n")).toMatchObject({ exitCode: 1, stdout: "" });
  });

  it("SG-17: subrequests.describe", async () => {
    const names = JSON.parse((await call("subrequests.describe,format=json", "FROM x\n")).stdout);
    expect(names.map(({ name }: { name: string }) => name)).toEqual([
      "frontend.outline",
      "frontend.targets",
      "frontend.lint",
      "frontend.subrequests.describe",
    ]);
  });

  it("8.1: an unknown method is refused", async () => {
    const run = await call("outlin", "FROM x\n");
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain("did you mean outline?");
  });
});

describe("the library", () => {
  const FAILING = "FROM busybox AS a\nCMD a\nENV a=${b:?no}\n";

  it("LN-06: a check gives warnings and the error, typed", async () => {
    const types: string[] = [];
    const result = await check(
      { context: context(FAILING), onEvent: ({ type }) => types.push(type) },
      environment(),
    );
    expect(result.warnings.map(({ rule }) => rule)).toEqual(["JSONArgsRecommended", "UndefinedVar"]);
    expect(isSlipwayError(result.error, "EXPANSION_FAILED")).toBe(true);
    expect(Buffer.from(result.dockerfile.bytes).toString()).toBe(FAILING);
    expect(types).toEqual(["build.start", "step.start", "warning", "warning", "step.error"]);
  });

  it("LN-06: what is no answer rejects: a wrong option, a wrong argument, an abort", async () => {
    const failure = (options: object) =>
      check({ context: context(FAILING), ...options }, environment()).catch((error: unknown) => error);
    expect(await failure({ bogus: 1 })).toMatchObject({ code: "USAGE" });
    expect(await failure({ platforms: ["a/b/c/d"] })).toMatchObject({ code: "PLATFORM_INVALID" });
    expect(await failure({ signal: AbortSignal.abort() })).toMatchObject({ code: "CANCELLED" });
  });

  it("SG-17: outline and targets", async () => {
    const options = { context: context("FROM busybox AS a\nARG B=1\n") };
    expect(await outline(options, environment())).toMatchObject({
      name: "a",
      args: [{ name: "B", value: "1" }],
    });
    expect((await listTargets(options, environment())).targets).toMatchObject([
      { name: "a", isDefault: true },
    ]);
  });
});
