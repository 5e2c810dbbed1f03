import { expressionErrors } from "./expressions.ts";
import type { RunDefaults } from "./run-defaults.ts";
import { substitute } from "./substitute.ts";
import type { CommandTest } from "./test-file.ts";
import type { Findings } from "./test-result.ts";
import type { TestEnd, TestedImage, TestOutput } from "./tested-image.ts";

/** More than enough for a command, and little enough for a build that hangs. */
const DEFAULT_TIMEOUT_MS = 600_000;

/**
 * Runs a command in a container, without the image's entrypoint, and compares what it wrote and its exit code. Commands of setup and teardown
 * run before and after it, each in a container of its own on the same root filesystem. As with container-structure-test, their exit codes
 * do not count; of a test that failed they are told.
 */
export function checkCommand(
  image: TestedImage,
  test: CommandTest,
  defaults: RunDefaults,
): Promise<Findings> {
  return image.containers.around(async (space) => {
    const env = [...defaults.env, ...defaults.expand(test.envVars ?? [])];
    const run = (argv: readonly string[]) =>
      space.run({ ...defaults.run, env, entrypoint: argv }, test.timeout ?? DEFAULT_TIMEOUT_MS);
    const notes: string[] = [];
    const runAll = async (kind: string, commands: readonly (readonly string[])[] = []) => {
      for (const argv of commands) {
        const end = await run(argv.map((word) => substitute(word, image.config)));
        if (end.exitCode !== 0) notes.push(`${kind} ${JSON.stringify(argv)} ended with ${describe(end)}`);
      }
    };
    await runAll("setup", test.setup);
    const end = await run([test.command, ...(test.args ?? [])].map((word) => substitute(word, image.config)));
    const errors = commandErrors(end, test);
    await runAll("teardown", test.teardown);
    const { stdout, stderr } = end;
    return { errors: errors.length > 0 ? [...errors, ...notes] : [], stdout, stderr };
  });
}

function commandErrors(end: TestEnd & TestOutput, test: CommandTest): string[] {
  const { exitCode = 0 } = test;
  return [
    ...expressionErrors("standard error", end.stderr, test.expectedError, test.excludedError),
    ...expressionErrors("standard output", end.stdout, test.expectedOutput, test.excludedOutput),
    ...(end.exitCode === exitCode ? [] : [`the exit code is ${describe(end)}, not ${exitCode}`]),
  ];
}

function describe({ exitCode, failure }: TestEnd): string {
  return failure === undefined ? String(exitCode) : `${exitCode} (${failure})`;
}
