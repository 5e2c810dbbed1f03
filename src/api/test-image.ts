import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import { imageChain } from "../execute/chain.ts";
import { resultText } from "../gate/report.ts";
import { runTests } from "../gate/run-tests.ts";
import { parseTestFile, type TestFile } from "../gate/test-file.ts";
import type { TestReport } from "../gate/test-result.ts";
import type { Environment } from "./environment.ts";
import { lookAt, withSession } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import { makeAvailable } from "./make-available.ts";
import { testSurroundings } from "./test-surroundings.ts";
import { testedImage } from "./tested-image.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

export interface TestImageOptions {
  /** Name or id. */
  readonly image: string;
  /** Files of tests, YAML or JSON; relative paths start at the environment's cwd. */
  readonly files: readonly string[];
  readonly platform?: Platform;
  readonly pull?: "always" | "missing" | "never";
  readonly runtime?: string;
  /** Told of each test as it ends, in lines for people. */
  readonly onText?: (text: string) => void;
  readonly onWarning?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Tests an image of the store, or of a registry. Resolves with a report also where tests failed. Throws `TEST_INVALID` where a file of tests
 * is wrong, `IMAGE_NOT_FOUND`, `PLATFORM_UNAVAILABLE`, `RUNTIME_UNAVAILABLE`. An ordinary user's containers run in a user namespace.
 */
export async function testImage(options: TestImageOptions, environment: Environment): Promise<TestReport> {
  const files = readTestFiles(options.files, environment);
  await makeAvailable(options, environment);
  const { onText, onWarning, signal, ...plain } = options;
  if (environment.uid === 0 || !needsUserNamespace(files)) return testHere(options, environment);
  const namespace = userNamespaceAvailable(environment);
  if (!namespace.available)
    throw new SlipwayError(
      "RUNTIME_UNAVAILABLE",
      `tests that read files or run containers need a user namespace or root: ${namespace.reason}`,
      {
        hint: "`slipway doctor` says what to install",
      },
    );
  return (await inUserNamespace({
    operation: "test",
    options: plain,
    environment,
    onEvent: (event) => {
      if (event.type === "warning") onWarning?.(event.message);
      if (event.type === "step.log") onText?.(Buffer.from(event.data).toString("utf8"));
    },
    ...(signal ? { signal } : {}),
  })) as TestReport;
}

/** The same, in this process and with what it may do. */
export function testHere(options: TestImageOptions, environment: Environment): Promise<TestReport> {
  const { onText, onWarning, signal, runtime } = options;
  return withSession(environment, async (session) => {
    const { platform } = options;
    const image = await lookAt(session, options.image, platform ? { platform } : {});
    const tested = testedImage({
      name: options.image,
      session,
      access: layerAccess(session, signal),
      chain: imageChain(image.config.diffIds, image.manifest.layers),
      config: image.config.config,
      onWarning: onWarning ?? (() => {}),
      ...(runtime ? { runtime } : {}),
      ...(signal ? { signal } : {}),
    });
    return runTests(tested, {
      files: readTestFiles(options.files, environment),
      surroundings: testSurroundings(environment),
      onResult: (result) => onText?.(resultText(result)),
    });
  });
}

/** Reads and checks files of tests. Throws `TEST_INVALID`. */
export function readTestFiles(
  paths: readonly string[],
  { cwd }: Pick<Environment, "cwd">,
): readonly TestFile[] {
  return paths.map((path) => parseTestFile(path, readText(path, cwd)));
}

function readText(path: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, path), "utf8");
  } catch (error) {
    const why = systemErrorCode(error) === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new SlipwayError("TEST_INVALID", `cannot read the tests in ${path}: ${why}`, { cause: error });
  }
}

/** Reading configuration and tables of contents needs no more than the store itself. */
export function needsUserNamespace(files: readonly TestFile[]): boolean {
  return files.some(({ commandTests, behaviorTests, fileContentTests, licenseTests }) =>
    [commandTests, behaviorTests, fileContentTests, licenseTests].some((tests) => (tests?.length ?? 0) > 0),
  );
}
