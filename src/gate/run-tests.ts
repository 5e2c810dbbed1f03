import { checkBehavior } from "./behavior-test.ts";
import { checkCommand } from "./command-test.ts";
import { checkContent, checkExistence, checkLicenses } from "./file-tests.ts";
import { shellFormNote } from "./init-advice.ts";
import { metadataErrors } from "./metadata-test.ts";
import { type RunSurroundings, runDefaults } from "./run-defaults.ts";
import type { TestFile } from "./test-file.ts";
import { runTest, type TestReport, type TestResult } from "./test-result.ts";
import type { TestedImage } from "./tested-image.ts";

export interface TestRunOptions {
  readonly files: readonly TestFile[];
  readonly surroundings: RunSurroundings;
  /** Told of each result as it comes. */
  readonly onResult?: (result: TestResult) => void;
}

/** Runs all tests of all files, one after the other. Rejects only where testing itself was not possible. */
export async function runTests(image: TestedImage, options: TestRunOptions): Promise<TestReport> {
  const started = performance.now();
  const results: TestResult[] = [];
  const reasons = new Set<string>();
  const add = (result: TestResult): void => {
    results.push(result);
    options.onResult?.(result);
  };
  for (const file of options.files)
    for (const reason of await runFile(image, file, options.surroundings, add)) reasons.add(reason);
  const note = shellFormNote(image.config);
  const failed = results.filter(({ pass }) => !pass).length;
  return {
    image: image.name,
    passed: results.length - failed,
    failed,
    durationMs: performance.now() - started,
    results,
    notes: [
      ...(note === undefined ? [] : [note]),
      ...[...reasons].map((reason) => `the image needs an init: ${reason}`),
    ],
  };
}

/** Gives reasons to have an init. */
async function runFile(
  image: TestedImage,
  tests: TestFile,
  surroundings: RunSurroundings,
  add: (result: TestResult) => void,
): Promise<readonly string[]> {
  const { file } = tests;
  const defaults = runDefaults(tests, image.config, surroundings);
  const named = (name: string) => ({ name, file });
  for (const test of tests.commandTests ?? [])
    add(await runTest(named(`Command Test: ${test.name}`), () => checkCommand(image, test, defaults)));
  for (const test of tests.fileExistenceTests ?? [])
    add(await runTest(named(`File Existence Test: ${test.name}`), () => checkExistence(image, test)));
  for (const test of tests.fileContentTests ?? [])
    add(await runTest(named(`File Content Test: ${test.name}`), () => checkContent(image, test)));
  for (const test of tests.licenseTests ?? [])
    add(await runTest(named("License Test"), () => checkLicenses(image, test)));
  const { metadataTest } = tests;
  if (metadataTest)
    add(
      await runTest(named("Metadata Test"), () => ({ errors: metadataErrors(image.config, metadataTest) })),
    );
  const reasons: string[] = [];
  for (const test of tests.behaviorTests ?? []) {
    const outcome = await checkBehavior(image, test, defaults, file);
    for (const result of outcome.results) add(result);
    reasons.push(...outcome.reasons);
  }
  return reasons;
}
