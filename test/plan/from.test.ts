import { describe, expect, it } from "vitest";
import type { Platform } from "../../src/core/platform.ts";
import { AMD64, ARM64, failure, KnownImages, PATH, plan, stageOf, targetOf, warningsOf } from "./planning.ts";

describe("FROM", () => {
  it("FR-02: base name and platform are expanded with global arguments", async () => {
    const resolver = new KnownImages({ "busybox:1.36": {} });
    await plan("ARG TAG=1.35\nARG P=arm64\nFROM --platform=linux/$P busybox:${TAG}", {
      resolver,
      args: { TAG: "1.36" },
    });
    expect(resolver.asked).toEqual(["busybox:1.36 linux/arm64"]);
  });

  it("FR-02: a blank base name is refused where it is written", async () => {
    expect(await failure("FROM scratch\nFROM $X AS b\nFROM scratch")).toEqual({
      code: "STAGE_INVALID",
      message: "base name ($X) should not be blank",
      line: 2,
    });
  });

  it("FR-02: an empty platform is refused, with the name that may have been meant", async () => {
    expect(await failure("FROM --platform=$TARGTPLATFORM scratch")).toEqual({
      code: "STAGE_INVALID",
      message: "empty platform value from expression $TARGTPLATFORM (did you mean TARGETPLATFORM?)",
      line: 1,
    });
  });

  it("FR-02: a platform that cannot be parsed is refused as written", async () => {
    const error = await failure("ARG P=a/b/c/d\nFROM --platform=$P scratch");
    expect(error).toMatchObject({ code: "PLATFORM_INVALID", line: 2 });
    expect(error.message).toMatch(/^failed to parse platform \$P: /);
  });

  it("FR-03: an earlier stage is found by its exact lowercase name, anything else is an image", async () => {
    const resolver = new KnownImages({ builder2: {} });
    const text = "FROM scratch AS Builder\nFROM builder AS one\nFROM builder2\nCOPY --from=one / /";
    const { stages } = await plan(text, { resolver });
    expect(stages.map(({ base }) => base.kind)).toEqual(["scratch", "stage", "image"]);
    expect(resolver.asked).toEqual(["builder2 linux/amd64"]);
    expect((await failure("FROM scratch AS Builder\nFROM Builder")).code).toBe("REFERENCE_INVALID");
  });

  it("FR-03: a stage called scratch is used by a later FROM, not by its own", async () => {
    const { stages } = await plan("FROM scratch AS scratch\nFROM scratch");
    expect(stages.map(({ base }) => base)).toEqual([{ kind: "scratch" }, { kind: "stage", stage: 0 }]);
  });

  it("FR-04: a base image's config is inherited, its triggers are not kept", async () => {
    const config = {
      User: "u",
      ExposedPorts: { "80/tcp": {} },
      Env: ["PATH=/bin", "A=1"],
      Entrypoint: ["e"],
      Cmd: ["c"],
      Volumes: { "/v": {} },
      WorkingDir: "/w",
      Labels: { l: "1" },
      StopSignal: "TERM",
      ArgsEscaped: true,
      Healthcheck: { Test: ["NONE"] },
      Shell: ["/bin/bash"],
    };
    const resolver = new KnownImages({
      base: { config: { ...config, OnBuild: ["ENV B=2"] }, author: "someone" },
    });
    const stage = targetOf(await plan("FROM base", { resolver }));
    expect(stage.config).toEqual({ ...config, Env: ["PATH=/bin", "A=1", "B=2"] });
    expect(stage.author).toBe("someone");
    expect(stage.history.map((item) => item.created_by)).toEqual(["ENV B=2"]);
  });

  it("FR-05: scratch has a PATH, `/` and the target platform", async () => {
    const stage = targetOf(await plan("FROM --platform=linux/s390x scratch", { platform: ARM64 }));
    expect(stage).toMatchObject({ base: { kind: "scratch" }, platform: ARM64, steps: [], history: [] });
    expect(stage.config).toEqual({ Env: [PATH], WorkingDir: "/" });
  });

  it("FR-06: an image for another machine takes the stage along if that can run and nothing was asked", async () => {
    const resolver = () => new KnownImages({ base: { platform: ARM64 } });
    const text = "FROM base";
    const canRun = async ({ architecture }: Platform) => architecture === "arm64";
    const free = await plan(text, { resolver: resolver(), canRun });
    expect([targetOf(free).platform, free.platform, free.warnings]).toEqual([ARM64, ARM64, []]);
    const bound = await plan(text, {
      resolver: resolver(),
      canRun,
      platform: AMD64,
    });
    expect([targetOf(bound).platform, bound.platform]).toEqual([AMD64, AMD64]);
    expect(bound.warnings).toEqual([
      {
        rule: "InvalidBaseImagePlatform",
        message:
          'Base image base was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
        source: { file: "Dockerfile", start: 1, end: 1 },
      },
    ]);
    const unable = await plan(text, { resolver: resolver() });
    expect(targetOf(unable).platform).toEqual(AMD64);
    expect(unable.warnings).toHaveLength(1);
  });

  it("FR-07: working directory and user of the base hold without history", async () => {
    const resolver = new KnownImages({ base: { config: { WorkingDir: "/a/../w/", User: "7" } } });
    const stage = targetOf(await plan("FROM base\nRUN x\nWORKDIR d", { resolver }));
    expect(stage.steps).toMatchObject([
      { kind: "run", cwd: "/w", user: "7" },
      { kind: "workdir", path: "/w/d", user: "7" },
    ]);
    const bare = targetOf(
      await plan("FROM bare\nRUN x", { resolver: new KnownImages({ bare: { config: {} } }) }),
    );
    expect(bare.steps).toMatchObject([{ cwd: "/", user: "" }]);
    expect(bare.config.WorkingDir).toBeUndefined();
  });

  it("FR-08: an image that is not there may be a mistyped stage or a well-known image", async () => {
    expect(await failure("FROM scratch AS builder\nFROM buildr")).toEqual({
      code: "REGISTRY_NOT_FOUND",
      message: "no image buildr (did you mean builder?)",
      line: 2,
    });
    expect((await failure("FROM alpin:3.20")).message).toBe("no image alpin:3.20 (did you mean alpine?)");
    expect((await failure("FROM alpine:nope")).message).toBe("no image alpine:nope");
    // Only a stage above can be meant, least of all the one that is being defined.
    expect((await failure("FROM b AS a\nFROM a AS b")).message).toBe("no image b");
    expect((await failure("FROM builde AS x\nFROM scratch AS builder\nFROM x")).message).toBe(
      "no image builde",
    );
    expect((await failure("FROM my-own-thing")).message).toBe("no image my-own-thing");
  });

  it("FR-09: a requested platform is the platform of the result", async () => {
    const windows = { os: "windows", architecture: "amd64", osVersion: "10.0.1" };
    const resolver = () => new KnownImages({ base: { platform: windows } });
    const asked = async (platform: typeof AMD64) =>
      (await plan("FROM base", { resolver: resolver(), platform })).platform;
    expect(await asked({ os: "windows", architecture: "amd64" })).toEqual(windows);
    expect(await asked({ os: "linux", architecture: "arm64", variant: "v8" })).toEqual(ARM64);
    expect(await asked({ os: "linux", architecture: "arm" })).toEqual({
      os: "linux",
      architecture: "arm",
      variant: "v7",
    });
  });

  it("a stage based on a stage has that one's platform", async () => {
    const resolver = new KnownImages({ base: {} });
    const text = "FROM --platform=linux/arm64 base AS arm\nFROM --platform=linux/s390x arm\nRUN x";
    const build = await plan(text, { resolver });
    expect(stageOf(build, 1)).toMatchObject({ platform: ARM64, steps: [{ platform: ARM64 }] });
  });
});

describe("lint of FROM", () => {
  it("UndefinedArgInFrom: a name that is neither a global argument nor predefined", async () => {
    expect(
      await warningsOf("ARG IMG=busybox\nARG UNSET\nFROM ${IMGE:-busybox}\nFROM busybox$UNSET$TARGETVARIANT"),
    ).toEqual(["UndefinedArgInFrom: FROM argument 'IMGE' is not declared (did you mean IMG?) (line 3)"]);
  });

  it("RedundantTargetPlatform: exactly the TARGETPLATFORM variable, in whatever form", async () => {
    const text =
      "FROM --platform=$TARGETPLATFORM scratch\nFROM --platform=${TARGETPLATFORM} scratch\nFROM --platform=${TARGETPLATFORM:-linux/amd64} scratch\nFROM --platform=$BUILDPLATFORM scratch";
    expect(await warningsOf(text)).toEqual([
      "RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior (line 1)",
      "RedundantTargetPlatform: Setting platform to predefined ${TARGETPLATFORM} in FROM is redundant as this is the default behavior (line 2)",
      "RedundantTargetPlatform: Setting platform to predefined ${TARGETPLATFORM:-linux/amd64} in FROM is redundant as this is the default behavior (line 3)",
    ]);
    expect(await warningsOf("FROM --platform=$TARGETOS/$TARGETARCH scratch")).toEqual([]);
  });

  it("FromPlatformFlagConstDisallowed: unless the stage's name says os or architecture", async () => {
    const text =
      "FROM --platform=linux/amd64 scratch AS a\nFROM --platform=linux/amd64 scratch AS build-amd64\nFROM --platform=linux/arm64 scratch AS linux\nFROM --platform=linux/arm64 scratch";
    expect(await warningsOf(text)).toEqual([
      'FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/amd64" (line 1)',
      'FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/arm64" (line 4)',
    ]);
  });

  it("InvalidDefaultArgInFrom: with defaults alone the name would be empty or malformed", async () => {
    const text = "ARG TAG\nARG IMG\nFROM busybox:$TAG\nFROM busybox:${TAG:-latest}\nFROM $IMG";
    const resolver = new KnownImages({ "busybox:1": {}, busybox: {} });
    expect(await warningsOf(text, { resolver, args: { TAG: "1", IMG: "busybox" } })).toEqual([
      "InvalidDefaultArgInFrom: Default value for ARG busybox:$TAG results in empty or invalid base image name (line 3)",
      "InvalidDefaultArgInFrom: Default value for ARG $IMG results in empty or invalid base image name (line 5)",
    ]);
  });

  it("InvalidDefaultArgInFrom: for every stage before any of them is entered, also where no variable is used", async () => {
    const text = "ARG IMG\nFROM $IMG AS a\nFROM Busybox AS b\nFROM busybox@sha256:abc";
    expect(await warningsOf(text)).toEqual([
      "InvalidDefaultArgInFrom: Default value for ARG $IMG results in empty or invalid base image name (line 2)",
      "InvalidDefaultArgInFrom: Default value for ARG Busybox results in empty or invalid base image name (line 3)",
      "InvalidDefaultArgInFrom: Default value for ARG busybox@sha256:abc results in empty or invalid base image name (line 4)",
    ]);
    expect(await warningsOf("ARG A=${B:?}\nFROM $A", { args: { A: "Busybox" } })).toEqual([]);
  });

  it("DuplicateStageName, ReservedStageName: found before anything else, at the later stage", async () => {
    const text = "FROM scratch AS a\nFROM scratch AS a\nFROM scratch AS context\nFROM $NONE AS scratch";
    expect(await warningsOf(text)).toEqual([
      'DuplicateStageName: Duplicate stage name "a", stage names should be unique (line 2)',
      'ReservedStageName: Stage name should not use the same name as reserved stage "context" (line 3)',
      'ReservedStageName: Stage name should not use the same name as reserved stage "scratch" (line 4)',
      "InvalidDefaultArgInFrom: Default value for ARG $NONE results in empty or invalid base image name (line 4)",
      "UndefinedArgInFrom: FROM argument 'NONE' is not declared (line 4)",
    ]);
  });
});
