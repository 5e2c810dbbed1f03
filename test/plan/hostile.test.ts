import { describe, expect, it } from "vitest";
import { failure, plan, runsOf, targetOf } from "./planning.ts";

const COUNT = 20_000;
const each = (make: (index: number) => string, length = COUNT) =>
  Array.from({ length }, (_, i) => make(i)).join("\n");

describe("files with very many stages", () => {
  it("SG-01: a chain of bases as long as the file", async () => {
    const build = await plan(`FROM scratch AS s0\n${each((i) => `FROM s${i} AS s${i + 1}`)}`);
    expect([build.target, build.stages.length]).toEqual([COUNT, COUNT + 1]);
  });

  it("SG-04: a chain of copies from later stages is no circle, however long", async () => {
    const text = each((i) => `FROM scratch AS s${i}\nCOPY --from=s${i + 1} a b`);
    const build = await plan(`${text}\nFROM scratch AS s${COUNT}\nFROM scratch`);
    expect([build.stages.length, build.skipped.length]).toEqual([1, COUNT + 1]);
  });

  it("SG-04: a circle through all of them is found, at the COPY that begins it", async () => {
    const text = each((i) => `FROM scratch AS s${i}\nCOPY --from=s${(i + 1) % COUNT} a b`);
    expect(await failure(text)).toEqual({
      code: "STAGE_CYCLE",
      message: "circular dependency detected on stage: s0",
      line: 2,
    });
  });

  it("SG-03: a stage that reads from all others needs them all", async () => {
    const text = each((i) => `FROM scratch AS s${i}`, 2000);
    const copies = each((i) => `COPY --from=s${i} a b`, 2000);
    expect((await plan(`${text}\nFROM scratch\n${copies}`)).stages).toHaveLength(2001);
  });
});

describe("stages with very many instructions", () => {
  it("CF-04, CF-05, CF-09, CF-13: of each kind that adds to the config", async () => {
    const text = each((i) => `ENV e${i}=${i}\nLABEL l${i}=${i}\nVOLUME /v${i}\nARG a${i}=${i}`);
    const { config, history } = targetOf(await plan(`FROM scratch\n${text}\nEXPOSE 1-60000`));
    const sizes = [config.Env, Object.keys(config.Labels!), Object.keys(config.Volumes!)].map(
      (list) => list!.length,
    );
    expect(sizes).toEqual([COUNT + 1, COUNT, COUNT]);
    expect(Object.keys(config.ExposedPorts!)).toHaveLength(60_000);
    expect(history).toHaveLength(4 * COUNT + 1);
    expect(config.Env!.at(-1)).toBe(`e${COUNT - 1}=${COUNT - 1}`);
  });

  it("RN-04: of RUNs that all get the same variables, each has them", async () => {
    const variables = each((i) => `ENV e${i}=${i}`, 500);
    const runs = await runsOf(`FROM scratch\n${variables}\n${each((i) => `RUN ${i}`, 1500)}`);
    expect(new Set(runs.map(({ env }) => env.length))).toEqual(new Set([501]));
  });

  const TOO_MANY = "the steps of this Dockerfile have more than 1000000 variables and ports";

  it("are refused where thousands of RUNs get thousands of variables each", async () => {
    const runs = await failure(`FROM scratch\n${each((i) => `ENV e${i}=1\nRUN x`, 1500)}`);
    expect([runs.code, runs.message]).toEqual(["INSTRUCTION_INVALID", TOO_MANY]);
  });

  it("are refused where thousands of stages inherit thousands of variables", async () => {
    const stages = each((i) => `FROM s${i} AS s${i + 1}\nENV e${i}=1`, 1500);
    expect((await failure(`FROM scratch AS s0\n${stages}`)).message).toBe(TOO_MANY);
  });

  it("CF-07: are refused where ranges of ports come to millions", async () => {
    const ports = await failure(`FROM scratch\n${each(() => "EXPOSE 0-65535", 20)}`);
    expect(ports).toEqual({ code: "INSTRUCTION_INVALID", message: TOO_MANY, line: 17 });
  });

  it("are refused where values double with every line, and where folders lie in folders", async () => {
    const doubling = `ENV A=${"x".repeat(1000)}\n${each(() => "ENV A=$A$A", 14)}`;
    const doubled = await failure(`FROM scratch\n${doubling}\n${each((i) => `LABEL l${i}=$A`, 9)}`);
    expect([doubled.code, doubled.message]).toEqual([
      "EXPANSION_FAILED",
      'failed to process "$A": the texts of this Dockerfile expand to more than 67108864 characters',
    ]);
    const folders = await failure(`FROM scratch\n${each(() => `WORKDIR ${"a".repeat(2000)}`, 400)}`);
    expect(folders.code).toBe("EXPANSION_FAILED");
  });
});

describe("patterns that match nearly everywhere", () => {
  const value = "a".repeat(8000);
  const pattern = `${"?".repeat(4000)}b`;
  const message = /matching the patterns takes too much work$/;

  it("EX-07: are refused where there are many of them, in one line, many lines, or global arguments", async () => {
    const variables = (keyword: string) => `${keyword} A=${value}\n${keyword} P=${pattern}`;
    const line = await failure(`FROM scratch\n${variables("ENV")}\nENV x=${"${A/$P/}".repeat(500)}`);
    expect([line.code, line.line]).toEqual(["EXPANSION_FAILED", 4]);
    expect(line.message).toMatch(message);
    const lines = await failure(`FROM scratch\n${variables("ENV")}\n${each(() => "ENV x=${A/$P/}", 500)}`);
    expect(lines.message).toMatch(message);
    const globals = await failure(`${variables("ARG")}\n${each(() => "ARG x=${A/$P/}", 500)}\nFROM scratch`);
    expect(globals.message).toMatch(message);
  });

  it("EX-07: are no trouble where they are few", async () => {
    await plan(`FROM scratch\nENV A=${value}\nENV P=${pattern}\n${each(() => "ENV x=${A/$P/}", 3)}`);
  });
});

describe("names that objects have by themselves", () => {
  it("CF-05, SC-03: keys such as __proto__ are ordinary keys", async () => {
    const text = "FROM scratch\nARG __proto__\nLABEL __proto__=l constructor=$__proto__\nRUN x";
    const { stages } = await plan(text, { args: { ["__proto__"]: "v" }, labels: { toString: "t" } });
    expect(Object.entries(stages[0]!.config.Labels ?? {})).toEqual([
      ["__proto__", "l"],
      ["constructor", "v"],
      ["toString", "t"],
    ]);
    expect((await runsOf(text, { args: { ["__proto__"]: "v" } }))[0]!.buildArgs).toEqual(["__proto__=v"]);
  });

  it("MT-01, SG-09: neither a mount option nor a stage is found on a prototype", async () => {
    expect((await failure("FROM scratch\nRUN --mount=constructor=a x")).message).toBe(
      "unexpected key 'constructor' in 'constructor=a'",
    );
    expect((await failure("FROM scratch", { target: "constructor" })).message).toBe(
      'target stage "constructor" could not be found',
    );
  });
});

it("SC-13: the build-arg that asked for builds without file operations is refused, other control arguments pass", async () => {
  const args = { BUILDKIT_DISABLE_FILEOP: "true" };
  expect(await failure("FROM scratch", { args })).toEqual({
    code: "USAGE",
    message: "build argument BUILDKIT_DISABLE_FILEOP=true is no longer supported",
    line: undefined,
  });
  const others = { BUILDKIT_DISABLE_FILEOP: "false", BUILDKIT_INLINE_CACHE: "1", BUILDKIT_BUILD_NAME: "x" };
  expect((await runsOf("FROM scratch\nRUN x", { args: others }))[0]!.buildArgs).toEqual([]);
});
