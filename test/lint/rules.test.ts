import { describe, expect, it } from "vitest";
import { rulesOf } from "./rules-of.ts";

const PINNED = `FROM debian:bookworm@sha256:${"0".repeat(64)}`;
const of = (...lines: string[]) => rulesOf(`${[PINNED, ...lines].join("\n")}\n`);
const QUIET = "--no-install-recommends git=1";

describe("what rules must not say", () => {
  it.each([
    [
      "stages, scratch, contexts, unknown names",
      "FROM scratch AS a\nFROM a\nFROM context-image\nARG X\nFROM $X",
    ],
    ["a builder's RUNs", `${PINNED} AS b\nRUN a\nRUN b\nFROM scratch\nCOPY --from=b /x /x\nUSER 1`],
    [
      "a builder's lists",
      `${PINNED} AS b\nRUN apt-get update && apt-get install -y git\nFROM scratch\nUSER 1`,
    ],
  ])("%s", (_, text) => expect(rulesOf(text)).toEqual([]));

  it.each([
    ["RUNs that run differently", ["RUN a", "RUN --mount=type=cache,target=/c b", "RUN --network=none c"]],
    ["RUNs with something between", ["RUN a", "WORKDIR /x", "RUN b"]],
    [
      "lists in a cache",
      [`RUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y ${QUIET}`],
    ],
    ["lists removed", [`RUN apt-get update && apt-get install -y ${QUIET} && rm -rf /var/lib/apt/lists/*`]],
    ["an update for a script", ["RUN apt-get update && ./install.sh"]],
    [
      "-qq, -s, and answers from a pipe",
      [`RUN apt-get -qq install ${QUIET}; apt-get -s upgrade; yes | apt-get upgrade`],
    ],
    ["a configured apt", ["RUN echo 'APT::Get::Assume-Yes \"1\";' >/etc/x && apt-get install git"]],
    ["text that only mentions it", ["RUN echo 'apt-get install git' # apt-get upgrade"]],
    ["sudo", ["USER a", `RUN sudo apt-get install -y ${QUIET}`]],
    ["an entry point that uses its arguments", ['ENTRYPOINT exec sleep "$@"', 'CMD ["1"]']],
    ["an empty entry point", ["ENTRYPOINT []", "CMD a"]],
    ["another language", ['SHELL ["python3", "-c"]', "RUN apt-get install git"]],
    [
      "a here-document for another program",
      ["RUN <<E", "#!/usr/bin/env python3", "apt-get install git", "E"],
    ],
  ])("%s", (_, lines) => expect(of(...lines)).toEqual([]));
});

describe("where rules look", () => {
  it.each([
    ["sh -c", "RUN sh -ec 'apt-get install --no-install-recommends git=1'"],
    ["exec form", 'RUN ["bash", "-c", "apt-get install --no-install-recommends git=1"]'],
    [
      "a here-document",
      "RUN <<E\nset -e\nif true; then\n  apt-get install --no-install-recommends git=1\nfi\nE",
    ],
    [
      "continued lines",
      "RUN true && \\\n  # no\n  DEBIAN_FRONTEND=x apt-get install \\\n --no-install-recommends git=1",
    ],
    ["a trigger", "ONBUILD RUN apt-get install --no-install-recommends git=1"],
    ["a substitution", 'RUN echo "$(apt-get install --no-install-recommends git=1)"'],
  ])("%s", (_, line) => expect(of(line)).toEqual(["AptAsksQuestions"]));

  it("an update in a RUN of its own keeps the lists, too", () => {
    expect(of("RUN apt-get update", "USER a")).toEqual(["AptUpdateAlone", "AptListsKept"]);
    const install = `RUN apt-get install -y ${QUIET}`;
    expect(of("RUN apt-get update", install, "USER a")).toEqual([
      "AptUpdateAlone",
      "AptListsKept",
      "ConsecutiveRun",
    ]);
    expect(of("RUN apt-get update && rm -rf /var/lib/apt/lists/*")).not.toContain("AptListsKept");
    expect(of("RUN --mount=type=cache,target=/var/lib/apt apt-get update")).toEqual([]);
  });

  it("versions of triggers", () => {
    expect(of("ONBUILD RUN apt-get install -y --no-install-recommends git")).toEqual(["AptVersionUnpinned"]);
  });

  it("another escape character", () => {
    const text = `# escape=\`\n${PINNED}\nRUN apt-get \`\n  install --no-install-recommends git=1\n`;
    expect(rulesOf(text)).toEqual(["AptAsksQuestions"]);
  });

  it("variables, the target, and what a stage inherits", () => {
    const text = `ARG TAG=latest\nFROM debian:$TAG AS base\nUSER deckhand\nFROM base AS app\nRUN apk add --no-cache git=1\nUSER 0:0\nFROM base\n`;
    expect(rulesOf(text, { target: "app" })).toEqual(["LatestBase", "UserTooEarly", "RootUserLast"]);
    expect(rulesOf(text)).toEqual(["LatestBase", "UserTooEarly"]);
  });

  it("LN-03: a line above an instruction silences that one alone, and may say why", () => {
    const text = "FROM scratch\n# check=skip=LatestBase it is ours\nFROM a\nFROM b\nUSER root\n";
    expect(rulesOf(text)).toEqual(["LatestBase", "RootUserLast"]);
  });
});
