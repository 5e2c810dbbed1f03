import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import { KnownImages, type PlanRequest, plan } from "./planning.ts";

/** `Dockerfile:line: hint` of the error that planning ends with. */
async function remedy(text: string, request: PlanRequest = {}): Promise<string> {
  const error = await plan(text, request).catch((reason: unknown) => reason);
  if (!(error instanceof SlipwayError)) throw error;
  return `${error.source?.file}:${error.source?.start}: ${error.hint}`;
}

const FLAGS_OF_COPY = "--chown, --chmod, --link, --exclude, --from, --parents";

describe("PO-07: an error of a Dockerfile names its line and what to do", () => {
  it.each([
    ["PO-03", "", 1, "a Dockerfile begins with a FROM instruction"],
    ["PO-03", "# comment", 1, "a Dockerfile begins with a FROM instruction"],
    ["PO-03", "RUN x", 1, "only ARG may come before the first FROM"],
    ["LX-13", "# escape=`\n# escape=`\nFROM a", 2, "leave one of the two lines out"],
    ["LX-14", "# escape=x\nFROM a", 1, "write `# escape=\\` or ``# escape=` ``"],
    [
      "LX-26",
      "FROM a\nnode x",
      2,
      "a line that belongs to the one above needs a backslash at the end of that one",
    ],
    ["LX-26", "FROM a\nCPOY a b", 2, "write COPY"],
    ["LX-29", 'FROM a\nCMD ["a", 1]', 2, "put every element in double quotes"],
    ["LX-33", "FROM a\nENV a=b c", 2, 'put quotes around a value with blanks: ENV name="a b"'],
    ["LX-33", "FROM a\nLABEL a", 2, "write LABEL name=value"],
    ["LX-34", "FROM a\nENV =b", 2, "write ENV <name>=<value>"],
    [
      "LX-40",
      "FROM a\nRUN <<A <<B\nA\n",
      2,
      "end each body with a line that holds nothing but its delimiter: A, B",
    ],
    ["LX-44", "FROM a\nCOPY a <<E\nE", 2, "write the destination behind the heredoc, on the same line"],
    [
      "EX-02",
      "FROM a\nENV A='b",
      2,
      "close the quote, or put a backslash in front of one that stands for itself",
    ],
    [
      "EX-05",
      "FROM scratch\nENV A=${B:?}",
      2,
      "give it a value: ARG B with --build-arg B=<value>, or ENV B=<value>",
    ],
    [
      "EX-17",
      "FROM a\nCOPY --from=$X a b",
      2,
      "add `FROM $X AS <name>` with a global ARG and name that stage here",
    ],
    ["IN-01", "FROM a\nCOPY --form=x a b", 2, `this instruction takes ${FLAGS_OF_COPY}`],
    ["IN-01", "FROM a\nWORKDIR --x a", 2, "this instruction takes no flags"],
    ["IN-01", "FROM a\nCOPY --from=a --from=b a b", 2, "leave one of the two out"],
    ["IN-02", "FROM a\nCOPY --link=x a b", 2, "write --link, --link=true or --link=false"],
    ["IN-02", "FROM a\nCOPY --from a b", 2, "write --from=<value>"],
    ["IN-04", "FROM a\nCOPY a", 2, "write COPY <source>... <destination>"],
    ["IN-04", "FROM a\nUSER", 2, "write USER <user>[:<group>]"],
    ["IN-04", "FROM a\nARG", 2, "write ARG <name>[=<default>]"],
    ["IN-04", "FROM a b", 1, "write FROM <image> [AS <name>]"],
    ["FR-01", "FROM a AS 1", 1, "begin with a letter, and go on with letters, digits, `-`, `_` and `.`"],
    ["FR-02", "FROM $X", 1, "give the variable a value with --build-arg, or a default"],
    ["FR-02", "FROM --platform=$X a", 1, "give the variable a value with --build-arg, or a default"],
    ["RX-01", "FROM a\nRUN --network=hots x", 2, "did you mean host?"],
    ["RX-01", "FROM a\nRUN --network=lan x", 2, "use default, none or host"],
    ["RX-02", "FROM a\nRUN --security=insecur x", 2, "did you mean insecure?"],
    ["MT-01", "FROM scratch\nRUN --mount=x x", 2, "write the key, `=` and a value"],
    ["MT-05", "FROM scratch\nRUN --mount=target=/x,mode=1 x", 2, "leave mode out"],
    ["MT-06", "FROM scratch\nRUN --mount=type=cache x", 2, "add `target=<path>`"],
    ["AD-05", "FROM scratch\nADD http:// /x", 2, "write http:// or https:// and a host"],
    ["CP-23", "FROM scratch\nCOPY --from=3 a b", 2, "stages are counted from 0 in file order; the last is 0"],
    [
      "SG-04",
      "FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\nCOPY --from=a x y",
      2,
      "a reads from b reads from a; a stage can only read from stages above it",
    ],
    [
      "CF-08",
      "FROM scratch\nEXPOSE 99999",
      2,
      "write a port from 0 to 65535 or a range such as 8000-8010, with /tcp or /udp behind it",
    ],
    ["CF-14", "FROM scratch\nSTOPSIGNAL SIGTREM", 2, "did you mean SIGTERM?"],
    ["CF-15", "FROM scratch\nSHELL /bin/sh", 2, 'write SHELL ["executable", "argument", ...]'],
    [
      "CF-16",
      "FROM scratch\nHEALTHCHECK NOEN",
      2,
      "write HEALTHCHECK [--interval=30s] CMD <command>, or HEALTHCHECK NONE",
    ],
    [
      "CF-17",
      "FROM scratch\nHEALTHCHECK --interval=1us CMD x",
      2,
      "write 1ms or more, or 0s for the default",
    ],
    [
      "OB-01",
      "FROM scratch\nONBUILD FROM x",
      2,
      "write it into the Dockerfiles that are based on this image",
    ],
    [
      "OB-06",
      "FROM scratch AS a\nONBUILD NODE x\nFROM a",
      3,
      "this is the trigger `ONBUILD NODE x` of the base",
    ],
  ])("%s: %j", async (_rule, text, line, hint) => {
    expect(await remedy(text, { resolver: new KnownImages({ a: {} }) })).toBe(`Dockerfile:${line}: ${hint}`);
  });

  it("OB-06: a trigger of an image is named where what it says is wrong", async () => {
    const resolver = new KnownImages({ a: { config: { OnBuild: ["STOPSIGNAL x"] } } });
    expect(await remedy("FROM a", { resolver })).toBe(
      "Dockerfile:1: this is the trigger `ONBUILD STOPSIGNAL x` of the base; write a name such as SIGTERM or its number",
    );
  });
});

describe("FR-08: a stage that is misspelt", () => {
  it.each(["REGISTRY_NOT_FOUND", "REGISTRY_UNREACHABLE"] as const)("is suggested with %s", async (code) => {
    const resolver = {
      resolve: async () => {
        throw new SlipwayError(code, "no such image");
      },
    };
    const text = "FROM scratch AS build\nFROM scratch\nCOPY --from=biuld a b";
    await expect(plan(text, { resolver })).rejects.toThrow("no such image (did you mean build?)");
  });

  it("but a well-known image is not, where the registry cannot be asked", async () => {
    const resolver = {
      resolve: async () => {
        throw new SlipwayError("REGISTRY_UNREACHABLE", "no such host");
      },
    };
    await expect(plan("FROM busybax", { resolver })).rejects.toThrow(/^no such host$/);
  });
});
