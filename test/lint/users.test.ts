import { describe, expect, it } from "vitest";
import { adviceOf, rulesOf } from "./rules-of.ts";

const PINNED = `FROM debian:bookworm@sha256:${"0".repeat(64)}`;

describe("NoUser", () => {
  it.each([
    [{}, ["NoUser"]],
    [{ User: "0:0" }, ["NoUser"]],
    [{ User: "app" }, []],
    [undefined, []],
  ])("where the base has %j", (baseConfig, expected) =>
    expect(rulesOf(`${PINNED}\nRUN a\n`, baseConfig ? { baseConfig } : {})).toEqual(expected),
  );

  it("is not said where this file names one, in the target or below it", () => {
    const baseConfig = {};
    expect(rulesOf(`${PINNED}\nUSER app\n`, { baseConfig })).toEqual([]);
    expect(rulesOf(`${PINNED} AS a\nUSER app\nFROM a\nRUN a\n`, { baseConfig })).toEqual([]);
    expect(rulesOf(`${PINNED} AS a\nUSER app\n${PINNED}\nRUN a\n`, { baseConfig })).toEqual(["NoUser"]);
    expect(rulesOf(`${PINNED}\nUSER $WHO\n`, { baseConfig })).toEqual([]);
    const [advice] = adviceOf(`${PINNED}\n`, { baseConfig: { User: "root" } });
    expect(advice?.message).toBe(
      "Neither this file nor the base has a USER but root: the image runs as root",
    );
  });

  it("UserTooEarly knows the base's user", () => {
    const text = `${PINNED}\nRUN useradd app\n`;
    expect(rulesOf(text, { baseConfig: { User: "node" } })).toEqual(["UserTooEarly"]);
    expect(rulesOf(text)).toEqual([]);
  });
});

describe("triggers", () => {
  const of = (...lines: string[]) => rulesOf(`${[PINNED, ...lines].join("\n")}\n`);
  it.each([
    [["ONBUILD RUN apk add --no-cache git", "USER app"], ["OnbuildNeedsRoot"]],
    [["USER app", "ONBUILD RUN useradd x"], ["OnbuildNeedsRoot"]],
    [["ONBUILD USER root", "ONBUILD RUN useradd x", "USER app"], []],
    [["ONBUILD RUN sudo useradd x", "USER app"], []],
    [["ONBUILD RUN useradd x"], []],
    [["USER app", "ONBUILD RUN make"], []],
    [["ARG V", "ONBUILD RUN fetch ${V}"], ["OnbuildUsesArg"]],
    [["ARG V", "ONBUILD ENV V2=$V"], ["OnbuildUsesArg"]],
    [["ARG V", "ONBUILD ARG V", "ONBUILD RUN fetch $V"], []],
    [["ARG V", "ENV V=$V", "ONBUILD RUN fetch $V"], []],
    [["ARG V", "ONBUILD RUN for V in 1 2; do fetch $V; done"], []],
    [["ARG V", "ONBUILD RUN V=1; fetch $V"], []],
    [["ARG V", "ONBUILD RUN fetch ${V:-1} $OTHER \\$V"], []],
  ])("%j", (lines, expected) => expect(of(...lines)).toEqual(expected));

  it("OnbuildStageReference knows mounts", () => {
    const text = `${PINNED} AS tools\n${PINNED}\nONBUILD RUN --mount=from=tools,target=/t /t/build\n`;
    expect(rulesOf(text)).toEqual(["OnbuildStageReference"]);
  });
});

describe("bases that a lock pins", () => {
  it("are pinned, whatever their tag", () => {
    const text = "FROM debian\nFROM debian:bookworm\n";
    expect(rulesOf(text)).toEqual(["LatestBase", "UnpinnedBase"]);
    expect(rulesOf(text, { locked: (image) => image === "debian" })).toEqual(["UnpinnedBase"]);
  });
});
