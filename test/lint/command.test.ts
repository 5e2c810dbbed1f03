import { afterAll, describe, expect, it } from "vitest";
import { Workshop } from "../api/workshop.ts";

const shop = new Workshop();
afterAll(() => shop.remove());

const lint = (text: string, ...flags: string[]) =>
  shop.run(["lint", ...flags, shop.context({ Dockerfile: text })]);

describe("slipway lint", () => {
  it("shows both kinds of findings by line, with the remedy, and ends with 1", async () => {
    const { exitCode, stdout, stderr } = await lint("FROM scratch\nMAINTAINER me\nUSER root\n");
    expect([exitCode, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/^Warnings: 2, advice: 0\n\nWARNING: MaintainerDeprecated - https:/);
    expect(stdout).toContain("WARNING: RootUserLast - docs/lint/root-user-last.md\nThe last USER is root\n");
    expect(stdout).toContain("   3 | >>> USER root\n");
    expect(stdout).toContain("  fix: end with the USER that the program is to run as\n");
  });

  it("--fail-on says what counts", async () => {
    const advice = "FROM scratch\nUSER 1\nRUN a\nRUN b\n";
    expect((await lint(advice)).exitCode).toBe(0);
    expect((await lint(advice, "--fail-on=info")).exitCode).toBe(1);
    expect((await lint("FROM scratch\nUSER 0\n", "--fail-on=none")).exitCode).toBe(0);
    expect(await lint("FROM scratch\nUSER 1\n")).toMatchObject({ exitCode: 0, stdout: "Nothing found.\n" });
    expect((await lint(advice, "--fail-on=all")).exitCode).toBe(2);
  });

  it("JSON has what programs need", async () => {
    const { stdout } = await lint("FROM scratch\nUSER root\n", "--format=json");
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      findings: [
        { rule: "RootUserLast", origin: "slipway", severity: "warning", source: { start: 2, end: 2 } },
      ],
    });
  });

  it("where a base cannot be had, all rules that need not know it speak all the same", async () => {
    const text = `FROM localhost:1/base:1 AS a
WORKDIR relative
ENV X=$FROM_BASE
CMD serve
FROM scratch
ENV Y=$NOWHERE
USER root
`;
    const { exitCode, stdout, stderr } = await lint(text);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(">>> FROM localhost:1/base:1 AS a");
    const told = [...stdout.matchAll(/^(?:WARNING|INFO): (\w+).*\n(.*)/gm)].map(([, rule, message]) => [
      rule,
      message,
    ]);
    expect(told).toEqual([
      ["UnpinnedBase", "The base localhost:1/base:1 has no digest"],
      ["JSONArgsRecommended", expect.any(String)],
      ["UndefinedVar", expect.stringContaining("$NOWHERE")],
      ["RootUserLast", "The last USER is root"],
    ]);
  });

  it("looks at the context as its ignore file leaves it, and at scripts in it", async () => {
    const files = {
      Dockerfile: 'FROM scratch\nUSER 1\nADD . /app\nENTRYPOINT ["/app/start"]\n',
      ".git/HEAD": "x",
      "sub/.env": "KEY=value",
      start: "#!/bin/sh\nserver\n",
    };
    const rules = async (more: Readonly<Record<string, string>>) => {
      const { stdout } = await shop.run(["lint", "--format=sarif", shop.context({ ...files, ...more })]);
      return JSON.parse(stdout).runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId);
    };
    const first = await rules({});
    expect(first.sort()).toEqual(["AddForCopy", "ScriptWithoutExec", "SecretFileCopied", "UnignoredFiles"]);
    const second = await rules({ ".dockerignore": ".git\n**/.env\nstart\n" });
    expect(second).toEqual(["AddForCopy"]);
    const third = await rules({ "Dockerfile.dockerignore": "sub\n" });
    expect(third.sort()).toEqual(["AddForCopy", "ScriptWithoutExec", "UnignoredFiles"]);
  });

  it("what Dockerfile.lock pins is pinned", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const Dockerfile = "FROM localhost:1/base:1\nUSER 1\n";
    const locked = { images: { "localhost:1/base:1": { digest, platforms: { "linux/amd64": digest } } } };
    const files = { Dockerfile, "Dockerfile.lock": JSON.stringify({ lockVersion: 1, ...locked }) };
    const { stdout } = await shop.run(["lint", shop.context(files)]);
    expect(stdout).not.toContain("UnpinnedBase");
    expect((await shop.run(["lint", shop.context({ Dockerfile })])).stdout).toContain("UnpinnedBase");
  });

  it("a file with a mistake is refused with its line; build --check knows none of these rules", async () => {
    const { exitCode, stderr } = await lint("FROM scratch\nUSER\n");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(">>> USER");
    const check = await shop.run([
      "build",
      "--check",
      shop.context({ Dockerfile: "FROM scratch\nUSER root\n" }),
    ]);
    expect(check).toMatchObject({ exitCode: 0, stdout: "Check complete, no warnings found.\n" });
  });
});
