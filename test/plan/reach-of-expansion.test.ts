import { describe, expect, it } from "vitest";
import { configOf, copiesOf, failure, KnownImages, PATH, plan, runsOf, targetOf } from "./planning.ts";

describe("what expansion reaches", () => {
  it("EX-15: quotes of an expanded instruction are consumed, but words were cut before", async () => {
    expect((await configOf('FROM scratch\nENV A="x y"')).Env).toEqual([PATH, "A=x y"]);
    expect((await failure('FROM scratch\nCOPY "a b" /')).message).toBe(
      'failed to process "\\"a": unexpected end of statement while looking for matching double-quote',
    );
    expect((await copiesOf('FROM scratch\nCOPY ["a b", "/"]'))[0]!.sources).toEqual(["a b"]);
  });

  it("EX-18: elements of a command in JSON form are left alone, and so is a command of the shell", async () => {
    const text =
      'FROM scratch\nENV A=1\nRUN ["$A", "\\"$A\\""]\nRUN echo $A\nCMD ["$A"]\nENTRYPOINT ["${A}"]';
    expect((await runsOf(text)).map((run) => run.argv)).toEqual([
      ["$A", '"$A"'],
      ["/bin/sh", "-c", "echo $A"],
    ]);
    const { Cmd, Entrypoint } = await configOf(text);
    expect([Cmd, Entrypoint]).toEqual([["$A"], ["${A}"]]);
  });

  it("SC-14: a changed variable changes the RUNs behind it and texts that use it, nothing else", async () => {
    const text = (value: string) =>
      `FROM busybox\nRUN one\nENV V=${value}\nCOPY a /b\nCOPY c /$V\nRUN two\nWORKDIR /w`;
    const bare = async (value: string) =>
      targetOf(await plan(text(value))).steps.map((step) => JSON.stringify({ ...step, source: 0 }));
    const [before, after] = [await bare("1"), await bare("2")];
    expect(before.map((step, at) => step === after[at])).toEqual([true, true, false, false, true]);
  });
});

describe("what stays and what is kept apart", () => {
  it("CF-20: members of the config that no instruction names are inherited as they are", async () => {
    const config = {
      User: "u",
      ExposedPorts: { "80/tcp": {} },
      Env: [PATH, "A=1"],
      Entrypoint: ["e"],
      Cmd: ["c"],
      Volumes: { "/v": {} },
      WorkingDir: "/w",
      Labels: { l: "1" },
      StopSignal: "SIGINT",
      ArgsEscaped: true,
      Healthcheck: { Test: ["NONE"] },
      Shell: ["/bin/ash", "-c"],
    };
    const resolver = new KnownImages({ full: { config: { ...config, OnBuild: ["ENV B=2"] } } });
    expect(await configOf("FROM full\nRUN x\nARG y", { resolver })).toEqual({
      ...config,
      Env: [...config.Env, "B=2"],
    });
  });

  it("CP-03: sources are handed on as written; the directory of neither stage matters", async () => {
    const text = "FROM scratch AS a\nWORKDIR /in\nFROM scratch\nWORKDIR /out\nCOPY --from=a x ../y /z ./";
    const [copy] = await copiesOf(text);
    expect([copy!.sources, copy!.destination, copy!.destinationIsDirectory]).toEqual([
      ["x", "../y", "/z"],
      "/out",
      true,
    ]);
  });

  it("CP-22: heredocs come behind paths, both in written order", async () => {
    const [copy] = await copiesOf("FROM scratch\nCOPY <<a x <<b y /d/\n1\na\n2\nb");
    expect(copy!.sources).toEqual(["x", "y"]);
    expect(copy!.heredocs).toEqual([
      { name: "a", content: "1\n" },
      { name: "b", content: "2\n" },
    ]);
  });

  it("MT-12: a tmpfs has a size only where one is given", async () => {
    const text = "FROM scratch\nRUN --mount=type=tmpfs,target=/a --mount=type=tmpfs,target=/b,size=1k x";
    expect((await runsOf(text))[0]!.mounts).toEqual([
      { type: "tmpfs", target: "/a" },
      { type: "tmpfs", target: "/b", size: 1024 },
    ]);
  });
});
