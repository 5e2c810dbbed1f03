import { describe, expect, it } from "vitest";
import { plan, warningsOf } from "./planning.ts";

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
    expect(await warningsOf("FROM scratch\nCMD a\nENV A=${B:?no}")).toHaveLength(1);
  });
});
