import { describe, expect, it } from "vitest";
import type { SlipwayError } from "../../src/core/errors.ts";
import { copiesOf, failure, KnownImages, plan, runsOf, stageOf, targetOf } from "./planning.ts";

/** Indexes of the stages that are built. */
async function built(text: string, request = {}): Promise<number[]> {
  return (await plan(text, request)).stages.map(({ index }) => index);
}

describe("target", () => {
  it("SG-02: the last stage is the default; a name is found in any case", async () => {
    const text = "FROM scratch AS One\nFROM scratch AS two\nFROM scratch";
    expect(await plan(text)).toMatchObject({ target: 2, targetName: "stage-2" });
    expect(await plan(text, { target: "ONE" })).toMatchObject({ target: 0, targetName: "one" });
  });

  it("SG-02: a wrong name is answered with the closest one; a number is no target", async () => {
    const text = "FROM scratch AS build\nFROM scratch";
    expect(await failure(text, { target: "biuld" })).toEqual({
      code: "STAGE_INVALID",
      message: 'target stage "biuld" could not be found (did you mean build?)',
      line: undefined,
    });
    expect((await failure(text, { target: "0" })).message).toBe('target stage "0" could not be found');
  });

  it("SG-01: of several stages with one name, COPY and target take the last, FROM the last above", async () => {
    const text =
      "FROM scratch AS a\nFROM a AS a\nFROM a AS c\nCOPY --from=a x /\nFROM scratch AS d\nCOPY --from=A x /";
    expect(await plan(text, { target: "a" })).toMatchObject({ target: 1 });
    expect(stageOf(await plan(text, { target: "c" }), 2).base).toEqual({ kind: "stage", stage: 1 });
    expect((await copiesOf(text))[0]!.from).toEqual({ kind: "stage", stage: 1 });
  });
});

describe("what is built", () => {
  it("SG-03: only what the target needs is planned and resolved", async () => {
    const resolver = new KnownImages({ a: {}, tool: {}, mounted: {} });
    const text =
      "FROM a AS one\nFROM never AS unused\nCOPY --from=never2 x /\nFROM scratch AS two\nCOPY --from=one x /\nRUN --mount=from=mounted,target=/m x\nFROM two\nCOPY --from=tool x /\nFROM scratch AS after";
    const build = await plan(text, { resolver, target: "stage-3".replace("stage-3", "after") });
    expect([build.stages.map(({ index }) => index), build.skipped, resolver.asked]).toEqual([
      [4],
      ["one", "unused", "two", "stage-3"],
      [],
    ]);
    const shorter = text.slice(0, text.lastIndexOf("\n"));
    const full = await plan(shorter, { resolver });
    expect([full.stages.map(({ index }) => index), full.skipped]).toEqual([[0, 2, 3], ["unused"]]);
    expect(resolver.asked.sort()).toEqual(["a linux/amd64", "mounted linux/amd64", "tool linux/amd64"]);
  });

  it("SG-05: a stage without instructions is its base", async () => {
    expect(targetOf(await plan("FROM busybox AS a\nFROM a"))).toMatchObject({ steps: [], history: [] });
  });

  it("SG-07: one image in several places is resolved once, and bases side by side", async () => {
    const waiting: (() => void)[] = [];
    const known = new KnownImages({ a: {}, b: {} });
    const resolver = {
      resolve: async (...args: Parameters<KnownImages["resolve"]>) => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 2) for (const go of waiting) go();
        });
        return known.resolve(...args);
      },
    };
    await plan("FROM a AS one\nFROM a AS two\nCOPY --from=b x /\nCOPY --from=one x /\nCOPY --from=b y /", {
      resolver,
    });
    expect(known.asked.sort()).toEqual(["a linux/amd64", "b linux/amd64"]);
  });

  it("PO-06: a stage that is not built may have errors that only running it would show", async () => {
    const text =
      "FROM scratch AS bad\nENV A=${X:?no}\nRUN --mount=type=nope x\nSTOPSIGNAL nope\nEXPOSE nope\nCOPY --chmod=9 x /\nCOPY http://x/y /\nFROM scratch";
    expect(await built(text)).toEqual([1]);
  });

  it("PO-06: it may not have a wrong stage index, a variable in --from, a bad FROM or a circle", async () => {
    const bad = async (lines: string) =>
      (await failure(`FROM scratch AS bad\n${lines}\nFROM scratch`)).message;
    expect(await bad("COPY --from=9 x /")).toBe("invalid stage index 9");
    expect(await bad("COPY --from=$X x /")).toMatch(/^variable expansion is not supported for --from/);
    expect(await bad("FROM $X")).toBe("base name ($X) should not be blank");
    expect(await bad("COPY --from=bad x /")).toBe("circular dependency detected on stage: bad");
    expect(await bad("RUN --mount=from=$X,target=/m x")).toMatch(
      /^dockerfile parse error on line 2: 'from' doesn't support/,
    );
  });

  it("PO-06: it may not name what can be no image; unless a context is called so", async () => {
    const bad = (lines: string) => failure(`FROM scratch AS bad\n${lines}\nFROM scratch`);
    for (const line of ["FROM Upper", "COPY --from=a::b x /", "RUN --mount=from=-,target=/m x"])
      expect(await bad(line)).toMatchObject({ code: "REFERENCE_INVALID", line: 2 });
    await plan("FROM Upper AS bad\nFROM scratch", { contexts: { Upper: "./files" } });
  });

  it("PO-05: the target is looked for before sources, sources before circles, circles before images", async () => {
    const circle = "FROM missing AS a\nCOPY --from=a x /\n";
    expect((await failure(`${circle}COPY --from=7 x /`, { target: "no" })).code).toBe("STAGE_INVALID");
    expect((await failure(`${circle}COPY --from=7 x /`)).message).toBe("invalid stage index 7");
    expect((await failure(circle)).code).toBe("STAGE_CYCLE");
    expect((await failure("FROM missing\nENV A=${B:?}")).code).toBe("REGISTRY_NOT_FOUND");
  });
});

describe("COPY --from", () => {
  it("CP-23: a number, a stage's name in any case, or an image", async () => {
    const text =
      "FROM scratch AS Tools\nFROM scratch\nCOPY --from=0 a /\nCOPY --from=TOOLS b /\nCOPY --from=busybox c /\nCOPY --from=scratch d /";
    expect((await copiesOf(text)).map(({ from }) => from)).toMatchObject([
      { kind: "stage", stage: 0 },
      { kind: "stage", stage: 0 },
      { kind: "image", image: { reference: "busybox" } },
      { kind: "scratch" },
    ]);
  });

  it("CP-23: a stage hides an image of its name; images named before count as indexes", async () => {
    const text =
      "FROM scratch AS busybox\nFROM scratch\nCOPY --from=busybox a /\nCOPY --from=other b /\nCOPY --from=2 c /";
    const resolver = new KnownImages({ other: {} });
    expect((await copiesOf(text, { resolver })).map(({ from }) => from)).toMatchObject([
      { kind: "stage", stage: 0 },
      { kind: "image", image: { reference: "other" } },
      { kind: "image", image: { reference: "other" } },
    ]);
  });

  it("CP-23: an index out of range is refused", async () => {
    for (const index of ["3", "-1"])
      expect(await failure(`FROM scratch\nCOPY --from=${index} a /`)).toEqual({
        code: "STAGE_INVALID",
        message: `invalid stage index ${index}`,
        line: 2,
      });
  });

  it("CP-24: an image is taken for the request's platform, not the stage's", async () => {
    const resolver = new KnownImages();
    await plan("FROM --platform=linux/arm64 busybox\nCOPY --from=busybox a /", { resolver });
    expect(resolver.asked.sort()).toEqual(["busybox linux/amd64", "busybox linux/arm64"]);
  });

  it("SG-04: a later stage cannot be copied from", async () => {
    const text = "FROM scratch\nCOPY --from=late a /\nFROM scratch AS late\nFROM scratch\nCOPY --from=0 a /";
    expect(await failure(text)).toEqual({
      code: "STAGE_INVALID",
      message: 'cannot copy from stage "late", it needs to be defined before current stage "stage-0"',
      line: 2,
    });
  });

  it("SG-04: stages that copy from each other are a circle, with the places of all its instructions", async () => {
    const text =
      "FROM scratch AS x\nCOPY --from=a f /\nFROM scratch AS a\nRUN y\nCOPY --from=b f /\nFROM scratch AS b\nRUN --mount=from=a,target=/m z";
    const error = await plan(text).catch((reason: unknown) => reason as SlipwayError);
    expect(error).toMatchObject({
      code: "STAGE_CYCLE",
      message: "circular dependency detected on stage: a",
      source: { start: 5 },
      facts: { stages: ["b", "a"], locations: [{ start: 5 }, { start: 7 }] },
    });
    expect(await failure("FROM scratch\nCOPY --from=0 f /")).toEqual({
      code: "STAGE_CYCLE",
      message: "circular dependency detected on stage: stage-0",
      line: 2,
    });
  });

  it("SG-04: a circle through FROM is told as a stage that comes too late", async () => {
    expect((await failure("FROM scratch AS a\nCOPY --from=b x /\nFROM a AS b")).message).toBe(
      'cannot copy from stage "b", it needs to be defined before current stage "a"',
    );
  });

  it("EX-17: variables are refused", async () => {
    for (const from of ["$X", "a${X}", "a\\\\b"])
      expect((await failure(`FROM scratch\nCOPY --from=${from} a /`)).code).toBe("INSTRUCTION_INVALID");
    expect(
      (await failure("FROM scratch\nCOPY --from=a$ x /", { resolver: new KnownImages() })).code,
    ).not.toBe("INSTRUCTION_INVALID");
  });
});

describe("no-cache", () => {
  it("CK-09: for all stages, or for those that are named in any case; never for WORKDIR", async () => {
    const text = "FROM scratch AS One\nRUN a\nWORKDIR /w\nFROM one\nCOPY b /\nADD c /";
    const marks = async (request: object) =>
      (await plan(text, request)).stages.map(({ steps }) => steps.map(({ noCache }) => noCache));
    expect(await marks({ noCache: true })).toEqual([
      [true, false],
      [true, true],
    ]);
    expect(await marks({ noCacheFilter: ["ONE"] })).toEqual([
      [true, false],
      [false, false],
    ]);
    expect(await marks({ noCacheFilter: ["stage-1", ""] })).toEqual([
      [false, false],
      [false, false],
    ]);
  });
});

describe("cancelling", () => {
  it("an aborted signal ends planning", async () => {
    expect((await failure("FROM busybox", { signal: AbortSignal.abort() })).code).toBe("CANCELLED");
  });
});

describe("usesContext", () => {
  it("tells whether any needed step reads the build context", async () => {
    const uses = async (lines: string) => (await plan(`FROM busybox AS a\n${lines}`)).usesContext;
    expect(await uses("COPY a /")).toBe(true);
    expect(await uses("ADD http://host/x b /")).toBe(true);
    expect(await uses("RUN --mount=target=/c x")).toBe(true);
    expect(await uses("RUN x\nWORKDIR /y\nADD http://host/x /\nADD https://host/x.git /g")).toBe(false);
    expect(await uses("COPY <<EOF /f\nx\nEOF")).toBe(false);
    expect(await uses("RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t x")).toBe(false);
    expect(await uses("COPY x /\nFROM scratch")).toBe(false);
    expect(await uses("FROM scratch\nCOPY --from=a x /")).toBe(false);
    expect((await runsOf("FROM scratch\nRUN x"))[0]!.mounts).toEqual([]);
  });
});
