import { expect, it } from "vitest";
import { makeProgram } from "../../src/cli/program.ts";

const stream = { write: () => true } as unknown as NodeJS.WriteStream;

it("help tells defaults, but not that nothing is the default of a list", () => {
  const program = makeProgram({ stdout: stream, stderr: stream }, async () => {});
  const help = program.commands.map((command) => command.helpInformation()).join("\n");
  expect(help).toContain('(default: "missing")');
  expect(help).not.toContain("[]");
});

it("values of flags that may be repeated are kept in order, in each program for itself", () => {
  for (let round = 0; round < 2; round++) {
    const program = makeProgram({ stdout: stream, stderr: stream }, async () => {});
    program.parse(["build", "-t", "a", "--platform=x,y", "-t", "b", "."], { from: "user" });
    const { tag, platform } = program.commands.find((command) => command.name() === "build")!.opts();
    expect([tag, platform]).toEqual([
      ["a", "b"],
      ["x", "y"],
    ]);
  }
});
