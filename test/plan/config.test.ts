import { describe, expect, it } from "vitest";
import { configOf, failure, historyOf, KnownImages, PATH, plan, stageOf, targetOf } from "./planning.ts";

describe("CMD and ENTRYPOINT", () => {
  it("CF-01: argv or shell and text; an empty list stays one; ArgsEscaped is set", async () => {
    expect(await configOf('FROM scratch\nCMD ["a", "b c"]')).toMatchObject({
      Cmd: ["a", "b c"],
      ArgsEscaped: true,
    });
    expect(await configOf("FROM scratch\nCMD a  b")).toMatchObject({ Cmd: ["/bin/sh", "-c", "a  b"] });
    expect(await configOf("FROM scratch\nCMD []")).toMatchObject({ Cmd: [], ArgsEscaped: true });
    expect(await configOf('FROM scratch\nCMD ["a"]\nCMD ["b"]')).toMatchObject({ Cmd: ["b"] });
  });

  it("CF-02, A6-1: ENTRYPOINT clears a command that this stage did not set", async () => {
    const resolver = () => new KnownImages({ base: { config: { Cmd: ["sh"] } } });
    const config = await configOf('FROM base\nENTRYPOINT ["e"]', { resolver: resolver() });
    expect([config.Entrypoint, config.Cmd]).toEqual([["e"], undefined]);
    const kept = await configOf('FROM base\nCMD ["c"]\nENTRYPOINT ["e"]', { resolver: resolver() });
    expect([kept.Entrypoint, kept.Cmd]).toEqual([["e"], ["c"]]);
    const later = await configOf('FROM base\nENTRYPOINT e\nCMD ["c"]', { resolver: resolver() });
    expect([later.Entrypoint, later.Cmd]).toEqual([["/bin/sh", "-c", "e"], ["c"]]);
  });

  it("CF-02: an empty ENTRYPOINT removes it", async () => {
    const resolver = () => new KnownImages({ base: { config: { Entrypoint: ["e"] } } });
    for (const line of ["ENTRYPOINT []", "ENTRYPOINT"])
      expect((await configOf(`FROM base\n${line}`, { resolver: resolver() })).Entrypoint).toBeUndefined();
  });

  it("CF-03, A6-1: a derived stage's ENTRYPOINT clears its parent's command", async () => {
    const build = await plan('FROM scratch AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["z"]');
    expect(stageOf(build, 0).config.Cmd).toEqual(["c"]);
    expect([targetOf(build).config.Cmd, targetOf(build).config.Entrypoint]).toEqual([undefined, ["z"]]);
  });

  it("A6-3: SHELL is used by later shell forms of this and derived stages", async () => {
    const text = 'FROM scratch AS a\nSHELL ["/bin/bash","-lc"]\nCMD a b\nFROM a\nENTRYPOINT c';
    const build = await plan(text);
    expect(stageOf(build, 0).config).toMatchObject({
      Shell: ["/bin/bash", "-lc"],
      Cmd: ["/bin/bash", "-lc", "a b"],
    });
    expect(stageOf(build, 0).history.map((item) => item.created_by)).toEqual([
      "SHELL [/bin/bash -lc]",
      'CMD ["/bin/bash" "-lc" "a b"]',
    ]);
    expect(targetOf(build).config.Entrypoint).toEqual(["/bin/bash", "-lc", "c"]);
  });

  it("texts in lists are quoted as Go does", async () => {
    expect(await historyOf('FROM scratch\nCMD ["a\\tb\\u001f\\"", "é\\\\"]\nENTRYPOINT []')).toEqual([
      '- CMD ["a\\tb\\x1f\\"" "é\\\\"]',
      "- ENTRYPOINT []",
    ]);
  });
});

describe("ENV, LABEL, MAINTAINER", () => {
  it("CF-04: a pair replaces its entry in place, or is appended", async () => {
    const resolver = new KnownImages({ base: { config: { Env: ["A=1", "PATH=/bin", "B=2"] } } });
    expect((await configOf("FROM base\nENV B=3 C=4 A=5\nENV D$C=x", { resolver })).Env).toEqual([
      "A=5",
      "PATH=/bin",
      "B=3",
      "C=4",
      "D4=x",
    ]);
  });

  it("CF-05: the last label wins; those of the command line go into the target only, without history", async () => {
    const build = await plan("FROM scratch AS a\nLABEL x=1 y=1\nFROM a\nLABEL x=2", {
      labels: { y: "cli", z: "3" },
    });
    expect(targetOf(build).config.Labels).toEqual({ x: "2", y: "cli", z: "3" });
    expect(stageOf(build, 0).config.Labels).toEqual({ x: "1", y: "1" });
    expect(targetOf(build).history).toHaveLength(1);
  });

  it("CF-06: MAINTAINER is the author as written, and is inherited", async () => {
    const build = await plan('FROM scratch AS a\nMAINTAINER "A B" <a@b>\nFROM a');
    expect(targetOf(build).author).toBe('"A B" <a@b>');
    expect(stageOf(build, 0).history.map((item) => item.created_by)).toEqual(['MAINTAINER "A B" <a@b>']);
  });

  it("HI-05: pairs are listed without quotes, ARG with what it resolved to", async () => {
    const text = 'FROM scratch\nARG a=1 b c=${a}3\nENV x="y z" w=\'$a\'\nENV old a  b "c"\nLABEL k="v w"';
    expect(await historyOf(text, { args: { b: "given" } })).toEqual([
      "- ARG a=1 b=given c=13",
      "- ENV x=y z w=$a",
      "- ENV old=a  b c",
      "- LABEL k=v w",
    ]);
    expect(await historyOf("FROM scratch\nARG b e=")).toEqual(["- ARG b e="]);
  });
});

describe("EXPOSE", () => {
  const ports = async (list: string) =>
    Object.keys((await configOf(`FROM scratch\nEXPOSE ${list}`)).ExposedPorts ?? {});
  const refusal = async (list: string) => (await failure(`FROM scratch\nEXPOSE ${list}`)).message;

  it("CF-07: protocols, ranges, host parts", async () => {
    expect(await ports("80 81/UDP 82/sctp 83/")).toEqual(["80/tcp", "81/udp", "82/sctp", "83/tcp"]);
    expect(await ports("8000-8002 9-9/udp")).toEqual(["8000/tcp", "8001/tcp", "8002/tcp", "9/udp"]);
    expect(await ports("127.0.0.1:1:80 [::1]:2:81 ::1:3:82 1.2.3.4::83 :84 80-85:85")).toEqual([
      "83/tcp",
      "80/tcp",
      "85/tcp",
      "84/tcp",
      "82/tcp",
      "81/tcp",
    ]);
    expect(await ports("0")).toEqual(["0/tcp"]);
  });

  it("CF-07, A4-4: expanded with splitting, after sorting", async () => {
    expect(await ports('$P\nARG P="80 443/udp"\nEXPOSE $P 9')).toEqual(["80/tcp", "443/udp", "9/tcp"]);
    expect((await failure("FROM scratch\nEXPOSE ${P:-80 443}")).code).toBe("EXPANSION_FAILED");
  });

  it("CF-08: what is refused", async () => {
    expect(await refusal("/tcp")).toBe('invalid port: "/tcp": no port specified');
    expect(await refusal("127.0.0.1:80:")).toBe('invalid port: "127.0.0.1:80:": no port specified');
    expect(await refusal("80/foo")).toBe('invalid port: "80/foo": invalid proto: foo');
    expect(await refusal("80/tcp/udp")).toBe('invalid port: "80/tcp/udp": invalid proto: tcp/udp');
    for (const port of ["a", "65536", "90-80", "-80", "80-", "1-2-3"])
      expect(await refusal(port)).toBe(`invalid containerPort: ${port}`);
    expect(await refusal("b:80")).toBe("invalid hostPort: b");
    expect(await refusal("80-81:90-92")).toBe(
      "invalid ranges specified for container and host Ports: 90-92 and 80-81",
    );
    expect(await refusal("x:80:80")).toBe("invalid IP address: x");
    expect(await refusal("1:2:3:4:80")).toBe("invalid IP address: 1:2:3");
  });

  it("CF-09: history lists in processed order; the config is a set", async () => {
    const text = "FROM scratch\nEXPOSE 5000 2375 1234/udp 5000/tcp";
    expect(await historyOf(text)).toEqual(["- EXPOSE [1234/udp 2375/tcp 5000/tcp 5000/tcp]"]);
    expect(Object.keys((await configOf(`${text}\nEXPOSE 1`)).ExposedPorts!)).toHaveLength(4);
  });
});

describe("USER, WORKDIR, VOLUME, STOPSIGNAL, SHELL", () => {
  it("CF-10: USER is stored as it expands; an empty one is root", async () => {
    expect((await configOf("FROM scratch\nARG U=1\nUSER $U:grp")).User).toBe("1:grp");
    expect((await configOf('FROM scratch\nUSER a\nUSER ""')).User).toBeUndefined();
    expect(await historyOf('FROM scratch\nUSER a\nUSER ""')).toEqual(["- USER a", "- USER "]);
  });

  it("CF-11, A6-5: WORKDIR is joined, cleaned and makes a layer, owned by the user of that moment", async () => {
    const stage = targetOf(await plan("FROM scratch\nWORKDIR /b\nUSER u\nWORKDIR a/../c/\nWORKDIR ../../.."));
    expect(stage.config.WorkingDir).toBe("/");
    expect(stage.steps).toMatchObject([
      { kind: "workdir", path: "/b", user: "" },
      { kind: "workdir", path: "/b/c", user: "u" },
    ]);
    expect(stage.history.map((item) => [item.created_by, item.empty_layer ?? false])).toEqual([
      ["WORKDIR /b", false],
      ["USER u", true],
      ["WORKDIR /b/c", false],
      ["WORKDIR /", true],
    ]);
  });

  it("CF-12: a WORKDIR that expands to nothing keeps the directory and is recorded", async () => {
    expect(await historyOf("FROM scratch\nWORKDIR /a\nARG E=\nWORKDIR $E")).toEqual([
      "WORKDIR /a",
      "- ARG E=",
      "WORKDIR /a",
    ]);
  });

  it("CF-13: volumes are a set; an empty one is refused", async () => {
    const text = 'FROM scratch\nVOLUME /a /b\nVOLUME ["/c d", " /a "]';
    expect((await configOf(text)).Volumes).toEqual({ "/a": {}, "/b": {}, "/c d": {} });
    expect(await historyOf(text)).toEqual(["- VOLUME [/a /b]", "- VOLUME [/c d /a]"]);
    expect(await failure("FROM scratch\nVOLUME $NOTHING")).toEqual({
      code: "INSTRUCTION_INVALID",
      message: "VOLUME specified can not be an empty string",
      line: 2,
    });
  });

  it("CF-14: signals by name in any case or number, stored as written", async () => {
    for (const signal of ["sigterm", "TERM", "SIGRTMIN+3", "rtmax-2", "9", "SIGUSR1", "64"])
      expect((await configOf(`FROM scratch\nSTOPSIGNAL ${signal}`)).StopSignal).toBe(signal);
    for (const signal of ["SIGNOPE", "0", "-1", "65", "RTMIN-1", "SIGRTMAX+1", "9x"])
      expect((await failure(`FROM scratch\nSTOPSIGNAL ${signal}`)).message).toBe(`invalid signal: ${signal}`);
  });

  it("CF-15: HEALTHCHECK's shell form is not rewritten with SHELL", async () => {
    expect(await configOf('FROM scratch\nSHELL ["/bin/bash"]\nHEALTHCHECK CMD x')).toMatchObject({
      Healthcheck: { Test: ["CMD-SHELL", "x"] },
    });
  });
});

describe("HEALTHCHECK", () => {
  it("CF-16, CF-18: replaces an inherited one as a whole; zero fields are left out", async () => {
    const text =
      "FROM scratch\nHEALTHCHECK --interval=1m30s --timeout=500ms --start-period=1s --start-interval=2s --retries=3 CMD a\n";
    expect((await configOf(text)).Healthcheck).toEqual({
      Test: ["CMD-SHELL", "a"],
      Interval: 90e9,
      Timeout: 5e8,
      StartPeriod: 1e9,
      StartInterval: 2e9,
      Retries: 3,
    });
    expect((await configOf(`${text}HEALTHCHECK --interval=0s CMD ["b"]`)).Healthcheck).toEqual({
      Test: ["CMD", "b"],
    });
    expect((await configOf(`${text}HEALTHCHECK NONE`)).Healthcheck).toEqual({ Test: ["NONE"] });
  });

  it("CF-19, A6-4: history has all six fields", async () => {
    expect(await historyOf("FROM scratch\nHEALTHCHECK --interval=30s --retries=2 CMD curl x")).toEqual([
      "- HEALTHCHECK {Test:[CMD-SHELL curl x] Interval:30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:2}",
    ]);
  });
});

describe("history items", () => {
  it("HI-01, HI-03: comment, empty mark, and `# buildkit` on RUN, COPY and ADD alone; steps are tied by their id", async () => {
    const { history } = targetOf(await plan("FROM scratch\nWORKDIR /w\nENV A=1\nCOPY a /"));
    const comment = "buildkit.dockerfile.v0";
    expect(history).toEqual([
      { created_by: "WORKDIR /w", comment, stepId: "0.0" },
      {
        created_by: "ENV A=1",
        comment,
        empty_layer: true,
        source: { file: "Dockerfile", start: 3, end: 3 },
      },
      { created_by: "COPY a / # buildkit", comment, stepId: "0.1" },
    ]);
  });

  it("HI-02: the base's history is not among the stage's own", async () => {
    const build = await plan("FROM busybox AS a\nENV A=1\nFROM a\nENV B=1");
    expect(build.stages.map(({ history }) => history.map((item) => item.created_by))).toEqual([
      ["ENV A=1"],
      ["ENV B=1"],
    ]);
    expect(targetOf(build).config.Env).toEqual([PATH, "A=1", "B=1"]);
  });
});
