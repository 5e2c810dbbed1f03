import { describe, expect, it } from "vitest";
import { choose, parseOptions, UsageError } from "../../bench/options.ts";

const KNOWN = ["copy-10k", "copy-10k-cached", "pull-base", "scaling-files"];

describe("how the benchmark is called", () => {
  it("measures everything five times, with peers, unless it is told otherwise", () => {
    const options = parseOptions([], {});
    expect(options).toMatchObject({ only: [], runs: 5, peers: true, parts: "all", writeDocs: false });
    expect([options.docker, options.buildah]).toEqual([["docker"], ["buildah"]]);
  });

  it("takes the words that run peers from the environment", () => {
    const env = { SLIPWAY_BENCH_DOCKER: "sudo docker", SLIPWAY_BENCH_BUILDAH: " /in  buildah " };
    const options = parseOptions([], env);
    expect([options.docker, options.buildah]).toEqual([
      ["sudo", "docker"],
      ["/in", "buildah"],
    ]);
  });

  it("takes lists of names, and parts", () => {
    const args = ["--only", "a,b", "--only=c", "--runs", "3", "--no-peers", "--scaling"];
    expect(parseOptions(args, {})).toMatchObject({
      only: ["a", "b", "c"],
      runs: 3,
      peers: false,
      parts: "scaling",
    });
    expect(parseOptions(["--no-scaling"], {}).parts).toBe("table");
  });

  it.each([
    [["--runs", "0"], "--runs takes a whole number from 1, not 0"],
    [["--runs", "two"], "--runs takes a whole number from 1, not two"],
    [["--fast"], "--fast"],
    [["copy"], "copy"],
    [["--scaling", "--no-scaling"], "exclude each other"],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(UsageError);
    expect(() => parseOptions(args, {})).toThrow(message);
  });

  it("selects by whole names first, then by parts", () => {
    expect(choose(KNOWN, [])).toEqual(KNOWN);
    expect(choose(KNOWN, ["copy-10k"])).toEqual(["copy-10k"]);
    expect(choose(KNOWN, ["pull", "copy"])).toEqual(["copy-10k", "copy-10k-cached", "pull-base"]);
  });

  it("names the nearest of an unknown name", () => {
    expect(() => choose(KNOWN, ["pul-bose"])).toThrow("nothing is called pul-bose; the nearest is pull-base");
    expect(() => choose(KNOWN, ["pul-bose"])).toThrow(UsageError);
  });
});
