import { describe, expect, it } from "vitest";
import type { EpochSource } from "../../src/plan/options.ts";
import { ARM64, failure, KnownImages, PATH, plan, stageOf, targetOf } from "./planning.ts";

describe("named contexts", () => {
  const resolver = () =>
    new KnownImages({ mine: { config: { Env: ["M=1"], OnBuild: ["ENV FIRED=1"] } }, busybox: {} });

  it("SG-09: a context called like a stage replaces its base and its instructions", async () => {
    const text =
      "FROM never AS tools\nRUN never\nFROM scratch\nCOPY --from=Tools x /\nRUN --mount=from=tools,target=/t y";
    const build = await plan(text, { contexts: { tools: "docker-image://mine" }, resolver: resolver() });
    expect(stageOf(build, 0)).toMatchObject({
      base: { kind: "image", image: { reference: "mine" } },
      steps: [],
      history: [],
    });
    expect(targetOf(build).steps[0]).toMatchObject({ from: { kind: "stage", stage: 0 } });
  });

  it("SG-09: a replaced stage may be read by stages above it", async () => {
    const text = "FROM scratch\nCOPY --from=late x /\nFROM never AS late\nFROM scratch\nCOPY --from=0 y /";
    const build = await plan(text, { contexts: { late: "../dir" } });
    expect(stageOf(build, 0).steps).toMatchObject([{ from: { kind: "named-context", name: "late" } }]);
    expect(build.usesContext).toBe(false);
  });

  it("SG-09: a context called like an image replaces it in FROM, COPY --from and mounts", async () => {
    const text =
      "FROM docker.io/library/alpine:latest\nCOPY --from=alpine x /\nRUN --mount=from=docker.io/library/alpine,target=/t y";
    const build = await plan(text, { contexts: { alpine: "/some/dir" } });
    const files = { kind: "named-context", name: "alpine" };
    expect(targetOf(build)).toMatchObject({
      base: files,
      config: { Env: [PATH], WorkingDir: "/" },
      fromStepName: "[1/3] FROM docker.io/library/alpine:latest",
      steps: [{ from: files, name: "[2/3] COPY --from=alpine x /" }, { mounts: [{ from: files }] }],
    });
  });

  it("SG-09: the one for the platform comes first; tags other than latest are told apart", async () => {
    const contexts = { "alpine::linux/arm64": "arm", alpine: "any", "alpine:3": "three" };
    const nameFor = async (text: string, platform = ARM64) =>
      targetOf(await plan(text, { contexts, platform })).base;
    expect(await nameFor("FROM alpine")).toEqual({ kind: "named-context", name: "alpine::linux/arm64" });
    expect(await nameFor("FROM --platform=$BUILDPLATFORM alpine")).toEqual({
      kind: "named-context",
      name: "alpine",
    });
    expect(await nameFor("FROM alpine:3")).toEqual({ kind: "named-context", name: "alpine:3" });
  });

  it("SG-09: scratch is never looked up, and a stage called context is not replaced", async () => {
    const build = await plan("FROM scratch AS context\nCOPY --from=scratch x /", {
      contexts: { scratch: "docker-image://never", context: "docker-image://never" },
    });
    expect(targetOf(build)).toMatchObject({
      base: { kind: "scratch" },
      steps: [{ from: { kind: "scratch" } }],
    });
  });

  it("SG-09: an image called context may be replaced", async () => {
    const build = await plan("FROM scratch\nCOPY --from=context x /", { contexts: { context: "./files" } });
    expect(targetOf(build)).toMatchObject({ steps: [{ from: { kind: "named-context", name: "context" } }] });
  });

  it("SG-10: images and layouts bring their config; `scratch` is nothing", async () => {
    const image = await plan("FROM app", { contexts: { app: "docker-image://mine" }, resolver: resolver() });
    expect(targetOf(image).config.Env).toEqual(["M=1", PATH, "FIRED=1"]);
    const nothing = await plan("FROM app", { contexts: { app: "docker-image://scratch" } });
    expect(targetOf(nothing).base).toEqual({ kind: "scratch" });
    const specifier = `oci-layout://dir@sha256:${"0".repeat(64)}`;
    const layout = new KnownImages({ [specifier]: { config: { User: "u" } } });
    expect(
      targetOf(await plan("FROM app", { contexts: { app: specifier }, resolver: layout })).config.User,
    ).toBe("u");
  });

  it("SG-10: a layout needs a name and a digest", async () => {
    expect(await failure("\nFROM app", { contexts: { app: "oci-layout://dir:tag" } })).toEqual({
      code: "STAGE_INVALID",
      message: 'oci-layout reference "dir:tag" has no digest',
      line: 2,
    });
    expect((await failure("FROM app", { contexts: { app: "oci-layout://@sha256:0" } })).message).toBe(
      'oci-layout reference "@sha256:0" has no name',
    );
  });

  it("SG-11: contexts that nothing needs are not looked at", async () => {
    const known = resolver();
    await plan("FROM unused AS unused\nFROM scratch", {
      contexts: { unused: "docker-image://never", other: "oci-layout://broken" },
      resolver: known,
    });
    expect(known.asked).toEqual([]);
  });

  it("OB-03: triggers of a context's image fire, also where it stands for a stage below", async () => {
    const contexts = { base: "docker-image://mine" };
    const text = "FROM never AS base\nONBUILD ENV WRITTEN=1\nFROM base AS mid\nFROM mid";
    const build = await plan(text, { contexts, resolver: resolver() });
    expect(build.stages.map(({ history }) => history.map((item) => item.created_by))).toEqual([
      [],
      ["ENV FIRED=1"],
      [],
    ]);
    expect(targetOf(build).config).toEqual({ Env: ["M=1", PATH, "FIRED=1"] });
  });
});

describe("SOURCE_DATE_EPOCH", () => {
  const epochOf = async (text: string, args: Record<string, string> = {}, request = {}) =>
    (await plan(text, { args, ...request })).sourceDateEpoch;
  const sourceTime = (times: Record<string, number>, asked: EpochSource[] = []) => ({
    sourceTime: async (source: EpochSource) => {
      asked.push(source);
      return times[source.kind === "named-context" ? source.name : source.kind];
    },
  });

  it("EP-01: the build-arg, else the global default; an empty one is none", async () => {
    const text = "ARG SOURCE_DATE_EPOCH=5\nFROM scratch";
    expect(await epochOf(text)).toBe(5);
    expect(await epochOf(text, { SOURCE_DATE_EPOCH: "1700000000" })).toBe(1700000000);
    expect(await epochOf(text, { SOURCE_DATE_EPOCH: "" })).toBeUndefined();
    expect(await epochOf("FROM scratch", { SOURCE_DATE_EPOCH: "0" })).toBe(0);
    expect(await epochOf("FROM scratch\nARG SOURCE_DATE_EPOCH=7")).toBeUndefined();
  });

  it("EP-02: the time of the main or a named context", async () => {
    const request = { ...sourceTime({ context: 11, src: 12 }), contexts: { src: "dir" } };
    expect(await epochOf("FROM scratch", { SOURCE_DATE_EPOCH: "context" }, request)).toBe(11);
    expect(await epochOf("ARG SOURCE_DATE_EPOCH=src\nFROM scratch", {}, request)).toBe(12);
    expect(await epochOf("FROM scratch", { SOURCE_DATE_EPOCH: "context" }, sourceTime({}))).toBeUndefined();
  });

  it("EP-02: the time of what a source-only stage adds", async () => {
    const asked: EpochSource[] = [];
    const sum = `sha256:${"a".repeat(64)}`;
    const text = `ARG HOST=h\nFROM scratch AS Src\nARG HOST\nARG PATHNAME=x/$HOST\nADD --checksum=${sum} http://\${HOST}/\${PATHNAME} /\nFROM scratch`;
    expect(
      await epochOf(text, { SOURCE_DATE_EPOCH: "src", HOST: "i" }, sourceTime({ remote: 13 }, asked)),
    ).toBe(13);
    expect(asked).toEqual([{ kind: "remote", source: "http://i/x/i", checksum: sum }]);
  });

  it("EP-02: anything else is refused", async () => {
    expect(await failure("FROM scratch", { args: { SOURCE_DATE_EPOCH: "yesterday" } })).toMatchObject({
      code: "USAGE",
      message: "invalid SOURCE_DATE_EPOCH: yesterday",
    });
  });

  it("EP-03: what a source-only stage has to be, located at its FROM", async () => {
    const refusal = (stage: string) =>
      failure(`ARG SOURCE_DATE_EPOCH=src\n${stage}\nFROM scratch`).then(({ code, message, line }) => {
        expect([code, line]).toEqual(["STAGE_INVALID", 2]);
        return message;
      });
    const stage = "FROM scratch AS src\n";
    expect(await refusal("FROM busybox AS src\nADD http://h/x /")).toBe(
      "SOURCE_DATE_EPOCH stage must use FROM scratch",
    );
    const one = "SOURCE_DATE_EPOCH stage must contain exactly one remote ADD";
    expect(await refusal(`${stage}ARG A`)).toBe(one);
    expect(await refusal(`${stage}ADD http://h/x /\nADD http://h/y /`)).toBe(one);
    expect(await refusal(`${stage}ADD http://h/x http://h/y /`)).toBe(`${one} source`);
    expect(await refusal(`${stage}ADD <<E /\nE`)).toBe(`${one} source`);
    expect(await refusal(`${stage}ADD http://h/x /\nRUN y`)).toBe(
      "SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported RUN instruction",
    );
    expect(await refusal(`${stage}ADD file /`)).toBe(
      "SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD",
    );
  });

  it("EP-04: stages see the number, or nothing where there is none", async () => {
    const text = "FROM scratch\nARG SOURCE_DATE_EPOCH\nENV E=${SOURCE_DATE_EPOCH-none}";
    const seen = async (args: Record<string, string>, times = {}, head = "") =>
      targetOf(await plan(head + text, { args, ...sourceTime(times) })).config.Env?.at(-1);
    expect(await seen({ SOURCE_DATE_EPOCH: "3" })).toBe("E=3");
    expect(await seen({ SOURCE_DATE_EPOCH: "context" }, { context: 4 })).toBe("E=4");
    expect(await seen({ SOURCE_DATE_EPOCH: "context" })).toBe("E=none");
    expect(await seen({}, { context: 5 }, "ARG SOURCE_DATE_EPOCH=context\n")).toBe("E=5");
    expect(await seen({}, {}, "ARG SOURCE_DATE_EPOCH=context\n")).toBe("E=none");
  });
});
