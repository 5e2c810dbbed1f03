import { describe, expect, it } from "vitest";
import { failure, plan, runsOf } from "./planning.ts";

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
