import { describe, expect, it } from "vitest";
import {
  ARM64,
  configOf,
  failure,
  historyOf,
  KnownImages,
  PATH,
  plan,
  runsOf,
  stageOf,
  targetOf,
  warningsOf,
} from "./planning.ts";

/** Variables of the only RUN, without PATH. */
async function variables(text: string, request = {}): Promise<string[]> {
  const [run] = await runsOf(text, request);
  return run!.env.filter((pair) => !pair.startsWith("PATH="));
}

describe("global scope", () => {
  it("SC-01: platform arguments are there without an ARG", async () => {
    const text = "FROM busybox-$TARGETOS-$TARGETARCH-$BUILDARCH$TARGETVARIANT";
    const resolver = new KnownImages({ "busybox-linux-arm64-amd64": {} });
    await plan(text, { resolver, platform: ARM64 });
    expect(resolver.asked).toEqual(["busybox-linux-arm64-amd64 linux/arm64"]);
  });

  it("SC-01: platform texts, with the version of the target's system", async () => {
    const text =
      "FROM scratch\nARG BUILDPLATFORM\nARG TARGETPLATFORM\nARG TARGETOSVERSION\nARG BUILDOSVERSION\nARG TARGETSTAGE\nRUN x";
    const platform = { ...ARM64, variant: "v9", osVersion: "10.0" };
    expect(await variables(text, { platform })).toEqual([
      "BUILDPLATFORM=linux/amd64",
      "TARGETPLATFORM=linux(10.0)/arm64/v9",
      "TARGETOSVERSION=10.0",
      "BUILDOSVERSION=",
      "TARGETSTAGE=default",
    ]);
  });

  it("SC-01: TARGETSTAGE is the requested target, else the last stage's name", async () => {
    const text = "FROM scratch AS one\nARG TARGETSTAGE\nRUN x\nFROM one AS two\nRUN y";
    const env = async (request = {}) => (await runsOf(text, request))[0]!.env.at(-1);
    expect(await env({ target: "ONE" })).toBe("TARGETSTAGE=ONE");
    expect((await plan(text)).stages[0]!.steps[0]).toMatchObject({ env: [PATH, "TARGETSTAGE=two"] });
  });

  it("SC-02: a build-arg overrides a predefined argument", async () => {
    const resolver = new KnownImages({ "img-riscv64": {} });
    await plan("FROM img-$TARGETARCH", { resolver, args: { TARGETARCH: "riscv64" } });
    expect(resolver.asked).toEqual(["img-riscv64 linux/amd64"]);
  });

  it("SC-03: a build-arg replaces the default and is taken verbatim; unknown ones are ignored", async () => {
    const text = "ARG A=${X:?no}\nARG B=$A\nFROM scratch\nARG A\nARG B\nRUN x";
    expect(await variables(text, { args: { A: '"$B"', OTHER: "1" } })).toEqual(['A="$B"', 'B="$B"']);
  });

  it("SC-04: a redeclared argument may use its former value; one without a value stays unset", async () => {
    const text = "ARG A=1\nARG A=${A}2\nARG N\nFROM scratch\nARG A\nARG N\nRUN x";
    expect(await variables(text)).toEqual(["A=12"]);
  });

  it("an error in a global default is located", async () => {
    expect(await failure("ARG A=1\nARG B=${A:?}${C:?missing}\nFROM scratch")).toEqual({
      code: "EXPANSION_FAILED",
      message: 'failed to process "${A:?}${C:?missing}": C: missing',
      line: 2,
    });
  });

  it("a default that only a build-arg makes valid is no error", async () => {
    const resolver = new KnownImages();
    await plan("ARG IMAGE\nARG COPY=${IMAGE:?}\nFROM ${COPY:?}", { resolver, args: { IMAGE: "busybox" } });
    expect(resolver.asked).toEqual(["busybox linux/amd64"]);
  });
});

describe("stage scope", () => {
  it("SC-05: a global argument is invisible until it is declared; a default hides it", async () => {
    const text = "ARG A=global\nFROM scratch\nENV X=$A\nARG A\nENV Y=$A\nARG A=own\nENV Z=$A\nRUN x";
    expect((await configOf(text)).Env).toEqual([PATH, "X=", "Y=global", "Z=own"]);
  });

  it("SC-06: build-arg, default, global value, in that order; an overridden default is not evaluated", async () => {
    const text = "ARG G=g\nFROM scratch\nARG A=${NO:?never}\nARG B=d$A\nARG G\nRUN x";
    expect(await variables(text, { args: { A: "a" } })).toEqual(["A=a", "B=da", "G=g"]);
  });

  it("SC-07: an unset argument is no variable, an empty one is", async () => {
    const text = "FROM scratch\nARG UNSET\nARG EMPTY=\nARG GIVEN\nRUN x";
    expect(await variables(text, { args: { GIVEN: "" } })).toEqual(["EMPTY=", "GIVEN="]);
  });

  it("SC-08: the last writer wins; a later ARG hides an ENV in the stage but not in the image", async () => {
    const text = "FROM scratch\nENV A=env\nARG A=arg\nARG B=arg\nENV B=env\nRUN x $A";
    expect(await variables(text)).toEqual(["A=arg", "B=env"]);
    expect((await configOf(text)).Env).toEqual([PATH, "A=env", "B=env"]);
  });

  it("SC-09: a stage inherits variables and arguments of its base stage", async () => {
    const text = "FROM scratch AS a\nARG V=1\nENV E=2\nFROM a\nRUN echo $V\nENV N=$V$E";
    const build = await plan(text);
    expect(stageOf(build, 1).steps[0]).toMatchObject({ env: ["V=1", PATH, "E=2"] });
    expect(targetOf(build).history[0]!.created_by).toBe("RUN |1 V=1 /bin/sh -c echo $V # buildkit");
    expect(targetOf(build).config.Env).toEqual([PATH, "E=2", "N=12"]);
    expect(build.warnings).toEqual([]);
  });

  it("SC-09: Env of the base image comes first", async () => {
    const resolver = new KnownImages({ base: { config: { Env: ["A=1", "PATH=/bin"] } } });
    expect(await runsOf("FROM base\nENV B=$A\nRUN x", { resolver })).toMatchObject([
      { env: ["A=1", "PATH=/bin", "B=1"] },
    ]);
  });

  it("SC-10: PATH is added where the base has none, and only there", async () => {
    const resolver = new KnownImages({
      bare: { config: { Env: ["A=1"] } },
      own: { config: { Env: ["PATH="] } },
    });
    expect((await configOf("FROM bare", { resolver })).Env).toEqual(["A=1", PATH]);
    expect((await configOf("FROM own", { resolver })).Env).toEqual(["PATH="]);
  });

  it("SC-11: proxies reach RUN in both cases, outside variables and history", async () => {
    const args = { HTTP_PROXY: "upper", http_proxy: "lower", No_Proxy: "n", FTP_PROXY: "" };
    const [run] = await runsOf("FROM scratch\nRUN echo $HTTP_PROXY", { args });
    expect(run!.proxyEnv).toEqual(["HTTP_PROXY=lower", "http_proxy=lower", "NO_PROXY=n", "no_proxy=n"]);
    expect(run!.env).toEqual([PATH]);
    expect(run!.history.created_by).toBe("RUN /bin/sh -c echo $HTTP_PROXY # buildkit");
    expect(await warningsOf("FROM scratch\nLABEL a=$HTTP_PROXY", { args })).toHaveLength(1);
  });

  it("SC-11: a declared proxy argument is an ordinary one", async () => {
    const [run] = await runsOf("FROM scratch\nARG HTTP_PROXY\nRUN x", { args: { HTTP_PROXY: "p" } });
    expect(run!.env).toEqual([PATH, "HTTP_PROXY=p"]);
    expect(run!.history.created_by).toBe("RUN |1 HTTP_PROXY=p /bin/sh -c x # buildkit");
  });

  it("SC-12: scan arguments never become variables", async () => {
    const text = "FROM scratch\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nRUN x";
    expect(await variables(text)).toEqual([]);
    expect(await historyOf(text)).toContain("- ARG BUILDKIT_SBOM_SCAN_STAGE=true");
  });

  it("EX-14: one ENV sees the old values, one ARG line is applied from left to right", async () => {
    const text = "FROM scratch\nENV a=0\nENV a=1 b=$a\nARG c=2 d=$c\nRUN x";
    expect(await variables(text)).toEqual(["a=1", "b=0", "c=2", "d=2"]);
  });
});

describe("where expansion happens (SPEC 2.2)", () => {
  it("A4-1: an argument is expanded, an unset variable is empty and warned of", async () => {
    const text = "FROM scratch\nARG A=1\nENV B=${A}2 C=$B";
    expect((await configOf(text)).Env).toEqual([PATH, "B=12", "C="]);
    expect(await warningsOf(text)).toEqual([
      "UndefinedVar: Usage of undefined variable '$B' (did you mean $A?) (line 3)",
    ]);
  });

  it("A4-2, A4-3: PATH can be extended; patterns work", async () => {
    const text = "FROM scratch\nENV PATH=/a:$PATH\nARG V=1.2.3\nENV MAJ=${V%%.*} REST=${V#*.} X=${V//./-}";
    expect((await configOf(text)).Env).toEqual([PATH.replace("=", "=/a:"), "MAJ=1", "REST=2.3", "X=1-2-3"]);
  });

  it("A4-5: quotes around one word of COPY vanish after splitting", async () => {
    const build = await plan('FROM scratch\nARG SRC="a b"\nCOPY "$SRC" /d');
    expect(targetOf(build).steps[0]).toMatchObject({ sources: ["a b"], destination: "/d" });
  });

  it("A4-6: keys and values of LABEL are expanded", async () => {
    const text = 'FROM scratch\nARG K=key\nLABEL "a b"="c d" e=\'$X\' $K=v';
    expect((await configOf(text)).Labels).toEqual({ "a b": "c d", e: "$X", key: "v" });
  });

  it("instructions that the table leaves out are not expanded", async () => {
    const text =
      'FROM scratch\nARG A=1\nMAINTAINER $A\nSHELL ["$A"]\nCMD ["$A"]\nHEALTHCHECK CMD $A\nONBUILD RUN $A\nCOPY --exclude=$A x /';
    const build = await plan(text);
    expect(targetOf(build)).toMatchObject({
      author: "$A",
      config: { Shell: ["$A"], Cmd: ["$A"], Healthcheck: { Test: ["CMD-SHELL", "$A"] }, OnBuild: ["RUN $A"] },
    });
    expect(targetOf(build).steps[0]).toMatchObject({ excludes: ["$A"] });
    expect((await configOf("FROM scratch", { labels: { x: "$PATH" } })).Labels).toEqual({ x: "$PATH" });
  });
});
