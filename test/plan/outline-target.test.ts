import { describe, expect, it } from "vitest";
import type { TargetOutline } from "../../src/plan/outline.ts";
import { outlineTarget } from "../../src/plan/outline-target.ts";
import { KnownImages, type PlanRequest, planningOptions } from "./planning.ts";

async function outline(text: string, request: PlanRequest = {}): Promise<TargetOutline> {
  return outlineTarget(planningOptions(text, request));
}
/** `name=value (description) line` of each argument. */
async function args(text: string, request: PlanRequest = {}): Promise<string[]> {
  const { args } = await outline(text, request);
  return args.map(
    ({ name, value, description, source }) =>
      `${name}${value === undefined ? "" : `=${value}`}${description ? ` (${description})` : ""} ${source.start}`,
  );
}

const TWO_STAGES = `# NAME of the thing
ARG NAME=x
ARG DERIVED=$NAME
ARG UNUSED=1
ARG IMG=scratch
FROM $IMG AS base
ARG NAME
# PASSWORD to use
ARG PASSWORD
ARG LOCAL=foo$NAME
FROM scratch AS other
ARG OTHER=1
RUN --mount=type=secret,id=other x
FROM base AS last
ARG DERIVED`;

describe("outline of a target", () => {
  it("SG-17: arguments that are used, with values, places and descriptions; others are left out", async () => {
    expect(await args(TWO_STAGES)).toEqual([
      "NAME=x (of the thing) 2",
      "DERIVED=x 3",
      "IMG=scratch 5",
      "PASSWORD (to use) 9",
      "LOCAL=foox 10",
    ]);
  });

  it("SG-17: values are those of this build; what is redeclared with a build argument is told where it is redeclared", async () => {
    expect(await args(TWO_STAGES, { target: "base", args: { NAME: "given", PASSWORD: "p" } })).toEqual([
      "IMG=scratch 5",
      "NAME=given 7",
      "PASSWORD=p (to use) 9",
      "LOCAL=foogiven 10",
    ]);
  });

  it("SG-17: arguments that defaults use count, one after the other; those that only an instruction uses do not", async () => {
    expect(await args("ARG A=1\nARG B=$A\nARG C=$B\nARG D=1\nFROM scratch\nARG C\nENV x=$D")).toEqual([
      "A=1 1",
      "B=1 2",
      "C=1 3",
    ]);
    expect(await args("ARG C=1\nFROM scratch\nARG X=$C")).toEqual(["X= 3"]);
  });

  it("SG-17: FROM and its platform use arguments; predefined ones are told only where a stage gives them a value", async () => {
    const resolver = new KnownImages({ busybox: {} });
    const text =
      "ARG P=linux/amd64\nARG I=busybox\nFROM --platform=$P $I\nARG TARGETARCH\nARG TARGETOS=other\nARG HTTP_PROXY";
    expect(await args(text, { resolver })).toEqual([
      "P=linux/amd64 1",
      "I=busybox 2",
      "TARGETOS=other 5",
      "HTTP_PROXY 6",
    ]);
  });

  it("SG-17: of several declarations that of the stage nearest to the target is told, in a stage the last", async () => {
    expect(await args("FROM scratch AS a\nARG X=1\nARG X=2\nFROM a\nCOPY --from=a / /\nARG X=3")).toEqual([
      "X=3 6",
    ]);
    expect(await args("FROM scratch AS a\nARG X=1\nARG X=2\nFROM a")).toEqual(["X=2 3"]);
  });

  it("SG-17: secrets, agents and cache mounts of reachable stages, with expanded ids", async () => {
    const { secrets, ssh, cacheMounts } = await outline(
      [
        "FROM scratch AS base",
        "ARG N=one",
        "RUN --mount=type=secret,id=$N --mount=type=ssh,required=true x",
        "RUN --mount=type=secret,id=one,required=true --mount=type=cache,target=/c,id=c$N x",
        "FROM scratch AS unused",
        "RUN --mount=type=secret,id=unused x",
        "FROM base",
        "RUN --mount=type=secret,target=/run/two,required --mount=type=ssh,id=key --mount=type=cache,target=/d x",
      ].join("\n"),
    );
    expect(secrets.map(({ name, required, source }) => [name, required, source.start])).toEqual([
      ["one", false, 3],
      ["two", true, 8],
    ]);
    expect(ssh.map(({ name, required }) => [name, required])).toEqual([
      ["default", true],
      ["key", false],
    ]);
    expect(cacheMounts.map(({ id, source }) => [id, source.start])).toEqual([
      ["cone", 4],
      ["/d", 8],
    ]);
  });

  it("SG-17: name and description are the target's", async () => {
    const text = "# a the first\nFROM scratch AS A\n# b other\nFROM scratch";
    expect(await outline(text)).not.toHaveProperty("name");
    expect(await outline(text, { target: "A" })).toMatchObject({ name: "a", description: "the first" });
  });

  it("SG-17: what triggers bring counts", async () => {
    const text =
      "FROM scratch AS a\nONBUILD ARG TRIG=1\nONBUILD RUN --mount=type=secret,id=trig x\nFROM a\nRUN y";
    expect(await args(text)).toEqual(["TRIG=1 4"]);
    expect((await outline(text)).secrets).toEqual([
      { name: "trig", required: false, source: { file: "Dockerfile", start: 4, end: 4 } },
    ]);
  });
});
