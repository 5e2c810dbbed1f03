import { describe, expect, it } from "vitest";
import { commandChain } from "../../src/image/command-chain.ts";

const programs = (argv: readonly string[]) => commandChain(argv).map(([program]) => program);

describe("the programs that a command starts one through the other", () => {
  it.each([
    [["/app", "sh"], ["/app"]],
    [
      ["/sbin/tini", "-e", "143", "-g", "--", "/start.sh", "serve"],
      ["/sbin/tini", "/start.sh"],
    ],
    [
      ["dumb-init", "--rewrite", "15:3", "nice", "-n", "5", "/app"],
      ["dumb-init", "nice", "/app"],
    ],
    [
      ["gosu", "app:app", "env", "-u", "X", "A=b", "sh", "-c", "x"],
      ["gosu", "env", "sh"],
    ],
    [
      ["env", "-S", "A=b sh -c", "x"],
      ["env", "sh"],
    ],
    [
      ["env", "--", "A=b", "sh"],
      ["env", "sh"],
    ],
    [
      ["timeout", "-k", "1", "5", "sh"],
      ["timeout", "sh"],
    ],
    [
      ["setpriv", "--reuid", "5", "--clear-groups", "sh"],
      ["setpriv", "sh"],
    ],
    [["tini", "--"], ["tini"]],
    [[], []],
  ])("%j", (argv, chain) => expect(programs(argv)).toEqual(chain));

  it("gives each its arguments", () => {
    expect(commandChain(["tini", "--", "sh", "-c", "x"])).toEqual([
      ["tini", "--", "sh", "-c", "x"],
      ["sh", "-c", "x"],
    ]);
  });

  it("ends with a command that never comes to its program", () => {
    expect(programs(Array.from({ length: 100_000 }, () => "env"))).toHaveLength(16);
  });
});
