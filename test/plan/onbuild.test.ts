import { describe, expect, it } from "vitest";
import {
  configOf,
  failure,
  historyOf,
  KnownImages,
  namesOf,
  PATH,
  plan,
  stageOf,
  targetOf,
} from "./planning.ts";

const withTriggers = (...OnBuild: string[]) => new KnownImages({ base: { config: { OnBuild } }, extra: {} });

describe("ONBUILD", () => {
  it("OB-01: stores its text, without history or layer", async () => {
    const stage = targetOf(
      await plan('FROM scratch\nONBUILD RUN ["a", "$b"]\nONBUILD nonsense --flag\nENV A=1'),
    );
    expect(stage.config.OnBuild).toEqual(['RUN ["a", "$b"]', "nonsense --flag"]);
    expect(stage.history.map((item) => item.created_by)).toEqual(["ENV A=1"]);
    expect(stage.steps).toEqual([]);
  });

  it("OB-03: an image's triggers come before the stage's own instructions, in stored order, and are gone then", async () => {
    const resolver = withTriggers("ENV A=1", "RUN echo $A");
    const stage = targetOf(await plan("FROM base\nENV A=2\nRUN echo $A", { resolver }));
    expect(stage.config).toEqual({ Env: [PATH, "A=2"] });
    expect(stage.steps).toMatchObject([
      { env: [PATH, "A=1"], source: { start: 1 } },
      { env: [PATH, "A=2"], source: { start: 3 } },
    ]);
    expect(stage.history.map((item) => item.created_by)).toEqual([
      "ENV A=1",
      "RUN /bin/sh -c echo $A # buildkit",
      "ENV A=2",
      "RUN /bin/sh -c echo $A # buildkit",
    ]);
  });

  it("OB-03: a grandchild does not see them again", async () => {
    const resolver = withTriggers("ENV A=1");
    const build = await plan("FROM base AS one\nFROM one AS two\nFROM two", { resolver });
    expect(build.stages.map(({ history }) => history.length)).toEqual([1, 0, 0]);
  });

  it("OB-04: a stage's own ONBUILD fires in a stage based on it, once; a stage's image carries only its own", async () => {
    const text =
      "FROM scratch AS base\nONBUILD ENV A=$B\nONBUILD ARG C\nENV B=b\nFROM base AS mid\nONBUILD ENV D=1\nFROM mid\nENV E=1";
    const build = await plan(text);
    expect(stageOf(build, 0).config.OnBuild).toEqual(["ENV A=$B", "ARG C"]);
    expect(stageOf(build, 1).config.OnBuild).toEqual(["ENV D=1"]);
    expect(stageOf(build, 1).history.map((item) => item.created_by)).toEqual(["ENV A=b", "ARG C"]);
    expect(targetOf(build).config).toEqual({ Env: [PATH, "B=b", "A=b", "D=1", "E=1"], WorkingDir: "/" });
  });

  it("OB-05: triggers may need images and stages that nothing else needs", async () => {
    const resolver = new KnownImages({
      base: { config: { OnBuild: ["COPY --from=tools /t /", "RUN --mount=from=extra,target=/m x"] } },
      extra: {},
      second: { config: { OnBuild: ["ENV FROM_SECOND=1"] } },
    });
    const text = "FROM second AS tools\nFROM scratch AS unused\nFROM base";
    const build = await plan(text, { resolver });
    expect(build.stages.map(({ index }) => index)).toEqual([0, 2]);
    expect(stageOf(build, 0).config.Env).toEqual([PATH, "FROM_SECOND=1"]);
    expect(targetOf(build).steps).toMatchObject([
      { from: { kind: "stage", stage: 0 } },
      { mounts: [{ from: { kind: "image", image: { reference: "extra" } } }] },
    ]);
    expect(resolver.asked.sort()).toEqual(["base linux/amd64", "extra linux/amd64", "second linux/amd64"]);
  });

  it("OB-05: a stage below the firing one cannot be used", async () => {
    const resolver = withTriggers("COPY --from=late x /");
    const text = "FROM base AS one\nFROM scratch AS late\nFROM scratch\nCOPY --from=one x /";
    expect(await failure(text, { resolver })).toEqual({
      code: "STAGE_INVALID",
      message: 'cannot copy from stage "late", it needs to be defined before current stage "one"',
      line: 1,
    });
  });

  it("OB-05: a trigger that reads its own stage is a circle", async () => {
    const resolver = withTriggers("COPY --from=one x /");
    expect(await failure("FROM base AS one", { resolver })).toMatchObject({ code: "STAGE_CYCLE", line: 1 });
  });

  it("OB-06: errors of a trigger are located at the FROM", async () => {
    const at = async (trigger: string) => failure("# x\nFROM base", { resolver: withTriggers(trigger) });
    expect(await at("RUN a\nRUN b")).toEqual({
      code: "INSTRUCTION_INVALID",
      message: "onbuild trigger should be a single expression",
      line: 2,
    });
    expect(await at("RUNN a")).toMatchObject({
      message: "unknown instruction: RUNN (did you mean RUN?)",
      line: 2,
    });
    expect(await at("ENV A=${x:?no}")).toMatchObject({ code: "EXPANSION_FAILED", line: 2 });
    expect(await at("COPY --from=8 a /")).toMatchObject({ message: "invalid stage index 8", line: 2 });
  });

  it("OB-06: step names say ONBUILD, and every trigger counts", async () => {
    const resolver = withTriggers("env A=1", "run make $A", "WORKDIR /w");
    expect(await namesOf("FROM base AS app\nRUN own", { resolver })).toEqual([
      "[1/5] FROM docker.io/library/base:latest",
      "[2/5] ONBUILD RUN make 1",
      "[3/5] ONBUILD WORKDIR /w",
      "[4/5] RUN own",
    ]);
  });

  it("OB-06: the variables are those of the firing stage", async () => {
    const resolver = withTriggers("ARG V", "ENV W=$V");
    expect((await configOf("ARG V=global\nFROM base", { resolver })).Env).toEqual([PATH, "W=global"]);
    expect(
      (await configOf("FROM base", { resolver: withTriggers("ARG V", "ENV W=$V"), args: { V: "given" } }))
        .Env,
    ).toEqual([PATH, "W=given"]);
  });

  it("OB-07: triggers are read with the default escape character", async () => {
    const resolver = withTriggers("RUN a \\\n b");
    expect(await historyOf("# escape=`\nFROM base", { resolver })).toEqual([
      "RUN /bin/sh -c a  b # buildkit",
    ]);
  });

  it("LX-45: a heredoc in a trigger is the trigger's body", async () => {
    const resolver = withTriggers("RUN <<EOF\necho hi\nEOF\n");
    expect(await historyOf("FROM base", { resolver })).toEqual(["RUN /bin/sh -c echo hi\n # buildkit"]);
  });
});
