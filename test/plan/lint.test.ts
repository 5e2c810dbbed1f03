import { describe, expect, it } from "vitest";
import { AMD64, ARM64, failure, KnownImages, plan, warningsOf } from "./planning.ts";

describe("lint of configuration", () => {
  it("JSONArgsRecommended: shell forms while no SHELL is set", async () => {
    const message = (kind: string) =>
      `JSONArgsRecommended: JSON arguments recommended for ${kind} to prevent unintended behavior related to OS signals`;
    expect(await warningsOf("FROM scratch\nCMD a\nENTRYPOINT b")).toEqual([
      `${message("CMD")} (line 2)`,
      `${message("ENTRYPOINT")} (line 3)`,
    ]);
    expect(await warningsOf('FROM scratch AS a\nSHELL ["s"]\nFROM a\nCMD a\nENTRYPOINT ["b"]')).toEqual([]);
  });

  it("MultipleInstructionsDisallowed: at the earlier one, per stage", async () => {
    const text =
      'FROM scratch AS a\nCMD ["1"]\nCMD ["2"]\nHEALTHCHECK NONE\nCMD ["3"]\nHEALTHCHECK NONE\nENTRYPOINT ["x"]\nFROM a\nCMD ["4"]\nENTRYPOINT ["y"]';
    const message = (kind: string) =>
      `MultipleInstructionsDisallowed: Multiple ${kind} instructions should not be used in the same stage because only the last one will be used`;
    expect(await warningsOf(text)).toEqual([
      `${message("CMD")} (line 2)`,
      `${message("CMD")} (line 3)`,
      `${message("HEALTHCHECK")} (line 4)`,
    ]);
  });

  it("WorkdirRelativePath: the first WORKDIR of the stage chain in this file", async () => {
    const text =
      "FROM scratch AS a\nWORKDIR b\nWORKDIR c\nFROM a\nWORKDIR d\nFROM scratch\nCOPY --from=1 x /\nWORKDIR /e\nWORKDIR f";
    expect(await warningsOf(text)).toEqual([
      'WorkdirRelativePath: Relative workdir "b" can have unexpected results if the base image changes (line 2)',
    ]);
  });

  it("UndefinedVar: names without a value that are no argument of the stage, once for each text", async () => {
    const text =
      "ARG GLOBAL=1\nFROM scratch\nARG DECLARED\nENV A=$DECLARED B=$PAHT:/x C=${GLOBAL}\nCOPY x $NONE/\nRUN echo $SHELL_ONLY\nWORKDIR /$1";
    expect(await warningsOf(text)).toEqual([
      "UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?) (line 4)",
      "UndefinedVar: Usage of undefined variable '$GLOBAL' (line 4)",
      "UndefinedVar: Usage of undefined variable '$NONE' (line 5)",
      "UndefinedVar: Usage of undefined variable '$1' (did you mean $A?) (line 7)",
    ]);
  });

  it("SecretsUsedInArgOrEnv: words of the name, unless it is public, a file or a version", async () => {
    const text =
      "FROM scratch\nARG API_KEY KEYS public_key\nENV db_password=x PASSWORD_FILE=/x TOKEN_VERSION=1 AUTHOR=me Secret=1";
    const message = (where: string) =>
      `SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (${where})`;
    expect(await warningsOf(text)).toEqual([
      `${message('ARG "API_KEY"')} (line 2)`,
      `${message('ENV "db_password"')} (line 3)`,
      `${message('ENV "Secret"')} (line 3)`,
    ]);
  });

  it("ExposeProtoCasing, ExposeInvalidFormat: with the text as written", async () => {
    expect(await warningsOf("FROM scratch\nEXPOSE 80/TCP 81:82 :83")).toEqual([
      "ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase (line 2)",
      "ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '81:82' (line 2)",
    ]);
  });

  it("LN-08, LegacyKeyValueFormat: after what expansion finds, before what the names say", async () => {
    expect(await warningsOf("FROM scratch\nENV PASSWORD $x\nLABEL a b\nenv c d\nLABEL e=f")).toEqual([
      "ConsistentInstructionCasing: Command 'env' should match the case of the command majority (uppercase) (line 4)",
      "UndefinedVar: Usage of undefined variable '$x' (line 2)",
      'LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format (line 2)',
      'SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "PASSWORD") (line 2)',
      'LegacyKeyValueFormat: "LABEL key=value" should be used instead of legacy "LABEL key value" format (line 3)',
      'LegacyKeyValueFormat: "env key=value" should be used instead of legacy "env key value" format (line 4)',
    ]);
  });

  it("UndefinedVar: suggestions come from the stage's variables, not from the global scope", async () => {
    expect(await warningsOf("ARG GLOBALX=1\nFROM scratch\nARG STAGEX=1\nENV A=$GLOBALY B=$STAGEY")).toEqual([
      "UndefinedVar: Usage of undefined variable '$GLOBALY' (line 4)",
      "UndefinedVar: Usage of undefined variable '$STAGEY' (did you mean $STAGEX?) (line 4)",
    ]);
  });

  it("LN-03: a check comment above an instruction silences what that instruction brings", async () => {
    const text =
      'FROM scratch\n# check=skip=JSONArgsRecommended\nCMD a\nENTRYPOINT b\n# check=skip=MultipleInstructionsDisallowed\nCMD ["c"]';
    expect(await warningsOf(text)).toEqual([
      "JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals (line 4)",
    ]);
    expect(await warningsOf("# other\n# check=skip=all\nFROM --platform=linux/arm64 scratch")).toEqual([]);
  });

  it("LN-08: the parser's first, then what instructions show, stage names, casing, FROM, and what interpreting shows", async () => {
    const text =
      "from scratch AS Foo\nMAINTAINER x\nLABEL a=b \\\n\n  c=d\nCMD c\nFROM --platform=linux/arm64 $NONE AS foo";
    expect((await warningsOf(text)).map((line) => line.split(":", 1)[0])).toEqual([
      "NoEmptyContinuation",
      "StageNameCasing",
      "FromAsCasing",
      "MaintainerDeprecated",
      "DuplicateStageName",
      "ConsistentInstructionCasing",
      "InvalidDefaultArgInFrom",
      "UndefinedArgInFrom",
    ]);
    const built = text.replace("$NONE", "scratch").replace("foo", "bar");
    expect(
      (await warningsOf(built, { target: "Foo" })).slice(-2).map((line) => line.split(":", 1)[0]),
    ).toEqual(["FromPlatformFlagConstDisallowed", "JSONArgsRecommended"]);
  });

  it("LN-04: with error=true all findings are told, then planning fails, whoever found them", async () => {
    const text = "# check=error=true\nFROM scratch\nMAINTAINER x\nCMD a\nWORKDIR b";
    expect(await failure(text)).toEqual({
      code: "LINT_FAILED",
      message:
        "lint violation found for rules: MaintainerDeprecated, JSONArgsRecommended, WorkdirRelativePath",
      line: 3,
    });
    expect(await warningsOf(text)).toHaveLength(3);
    expect(await failure("# check=error=true\nFROM scratch\nMAINTAINER x")).toMatchObject({
      message: "lint violation found for rules: MaintainerDeprecated",
    });
    await plan("# check=error=true\nFROM scratch AS a\nCMD a\nFROM scratch");
    await plan("# check=skip=all;error=true\nFROM scratch\nCMD a");
  });

  it("LN-04: an error of the build wins over fatal findings", async () => {
    expect(await failure("# check=error=true\nFROM scratch\nCMD a\nENV A=${B:?no}")).toMatchObject({
      code: "EXPANSION_FAILED",
    });
  });

  it("LN-05: asked for all stages, those that the target does not need give warnings and errors, too", async () => {
    const text = "FROM nowhere AS a\nCMD a\nFROM scratch\nCMD b";
    expect(await warningsOf(text)).toHaveLength(1);
    expect(await failure(text, { allStages: true })).toMatchObject({ code: "REGISTRY_NOT_FOUND", line: 1 });
    const known = { allStages: true, resolver: new KnownImages({ nowhere: {} }) };
    expect((await warningsOf(text, known)).map((line) => line.slice(-8))).toEqual(["(line 2)", "(line 4)"]);
  });

  it("LN-05: a platform after the first neither reports nor fails", async () => {
    const { warnings } = await plan("# check=error=true\nFROM scratch\nCMD a", { lint: false });
    expect(warnings).toEqual([]);
  });

  it("InvalidBaseImagePlatform: without a page, in file order", async () => {
    const resolver = new KnownImages({ a: { platform: ARM64 }, b: { platform: ARM64 } });
    const { warnings } = await plan("FROM a AS x\nFROM b\nCOPY --from=x / /\nCOPY --from=a / /", {
      resolver,
      platform: AMD64,
    });
    const message = (name: string) =>
      `Base image ${name} was pulled with platform "linux/arm64", expected "linux/amd64" for current build`;
    expect(warnings.map((warning) => [warning.message, warning.source.start, warning.url])).toEqual([
      [message("a"), 1, undefined],
      [message("b"), 2, undefined],
      [message("a"), 4, undefined],
    ]);
  });

  it("LN-01: warnings carry the rule's page; LN-05: stages that are not built give none", async () => {
    const { warnings } = await plan("FROM scratch AS unused\nCMD a\nFROM scratch\nCMD b");
    expect(warnings).toEqual([
      {
        rule: "JSONArgsRecommended",
        message: "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals",
        source: { file: "Dockerfile", start: 4, end: 4 },
        url: "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
      },
    ]);
  });

  it("PO-08: warnings before an error are delivered", async () => {
    expect(
      (await warningsOf("FROM scratch\nCMD a\nENV A=${B:?no}")).map((line) => line.split(":", 1)[0]),
    ).toEqual(["JSONArgsRecommended", "UndefinedVar"]);
    expect((await warningsOf("FROM ${A:?no}")).map((line) => line.split(":", 1)[0])).toEqual([
      "UndefinedArgInFrom",
    ]);
  });
});
