import { isSlipwayError } from "../core/errors.ts";

/** How one test ended. */
export interface TestResult {
  /** The kind and the name of the test, as container-structure-test writes them. */
  readonly name: string;
  /** The file that it is from. */
  readonly file: string;
  readonly pass: boolean;
  /** Why it failed, one reason each. */
  readonly errors: readonly string[];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly durationMs: number;
}

/** How all tests of an image ended. */
export interface TestReport {
  readonly image: string;
  readonly passed: number;
  readonly failed: number;
  readonly durationMs: number;
  readonly results: readonly TestResult[];
  /** What was noticed beside the tests, above all that the image needs an init. */
  readonly notes: readonly string[];
}

/** What a check found wrong; empty where nothing is. */
export interface Findings {
  readonly errors: readonly string[];
  readonly stdout?: string;
  readonly stderr?: string;
}

/**
 * Runs a check as a test of that name. What a check throws of what users can reach is a failure of the test; an operation that was
 * aborted, a defect, and a machine that cannot run containers are not.
 */
export async function runTest(
  { name, file }: Pick<TestResult, "name" | "file">,
  check: () => Promise<Findings> | Findings,
): Promise<TestResult> {
  const started = performance.now();
  let findings: Findings;
  try {
    findings = await check();
  } catch (error) {
    if (
      !isSlipwayError(error) ||
      isSlipwayError(error, "CANCELLED", "INTERNAL", "RUNTIME_UNAVAILABLE", "DISK_FULL")
    )
      throw error;
    findings = { errors: [error.message] };
  }
  const { errors, stdout, stderr } = findings;
  return {
    name,
    file,
    pass: errors.length === 0,
    errors,
    ...(stdout ? { stdout } : {}),
    ...(stderr ? { stderr } : {}),
    durationMs: performance.now() - started,
  };
}
