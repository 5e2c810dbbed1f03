import { SlipwayError } from "../core/errors.ts";
import { resultText, summaryText } from "../gate/report.ts";
import { runTests } from "../gate/run-tests.ts";
import type { TestFile } from "../gate/test-file.ts";
import type { TestReport, TestResult } from "../gate/test-result.ts";
import type { BuildClock } from "./build-clock.ts";
import type { BuildOptions } from "./build-options.ts";
import type { PlatformBuild } from "./build-run.ts";
import type { Session } from "./session.ts";
import { needsUserNamespace, readTestFiles } from "./test-image.ts";
import { testSurroundings } from "./test-surroundings.ts";
import { testedImage } from "./tested-image.ts";

/** Tests that a build has to pass. */
export interface BuildGate {
  /** An ordinary user has to be in a user namespace for them. */
  readonly needsMappedIds: boolean;
  /**
   * Tests what was built, for every platform, before any of it has a name or leaves. Throws `TEST_FAILED` with the tests that failed and the
   * reports (`facts.reports`).
   */
  pass(builds: readonly PlatformBuild[], clock: BuildClock): Promise<void>;
}

interface GateOptions extends Pick<BuildOptions, "runtime" | "signal"> {
  /** Takes secrets out of what a test says, before its lines are put into a report. */
  readonly redacted?: <T>(value: T) => T;
}

/** Reads the files of tests. Throws `TEST_INVALID`. */
export function openGate(
  paths: readonly string[],
  session: Session,
  { runtime, signal, redacted = (value) => value }: GateOptions,
): BuildGate {
  const chosen = { ...(runtime ? { runtime } : {}), ...(signal ? { signal } : {}), redacted };
  const tests = readTestFiles(paths, session.environment);
  return {
    needsMappedIds: needsUserNamespace(tests),
    pass: (builds, clock) => passGate({ session, tests, clock, ...chosen }, builds),
  };
}

interface GateParts extends GateOptions {
  readonly session: Session;
  readonly tests: readonly TestFile[];
  readonly clock: BuildClock;
  readonly redacted: <T>(value: T) => T;
}

async function passGate(gate: GateParts, builds: readonly PlatformBuild[]): Promise<void> {
  const reports: TestReport[] = [];
  for (const build of builds) {
    const id = build.label === "" ? "test" : `test:${build.label}`;
    const name = build.label === "" ? "testing the image" : `testing the image for ${build.label}`;
    reports.push(await gate.clock.step(id, name, () => testBuild(gate, build, id)));
  }
  const failed = reports.flatMap(({ results }) => results.filter(({ pass }) => !pass));
  if (failed.length > 0) throw refusal(failed, reports);
}

function refusal(failed: readonly TestResult[], reports: readonly TestReport[]): SlipwayError<"TEST_FAILED"> {
  const lines = failed.flatMap(({ name, errors }) => [name, ...errors.map((error) => `  ${error}`)]);
  const count = failed.length === 1 ? "a test" : `${failed.length} tests`;
  return new SlipwayError("TEST_FAILED", [`the image did not pass ${count}:`, ...lines].join("\n"), {
    facts: { reports },
    hint: "nothing was named, exported or pushed; the steps are in the cache",
  });
}

async function testBuild(gate: GateParts, build: PlatformBuild, id: string): Promise<TestReport> {
  const { session, tests, clock, runtime, signal, redacted } = gate;
  const log = (text: string): void =>
    clock.emit({ type: "step.log", id, stream: "stdout", data: new TextEncoder().encode(text) });
  const image = testedImage({
    name: build.label || "image",
    session,
    access: build.execution.access,
    chain: build.execution.target,
    config: build.image.config.config,
    onWarning: (message) => clock.emit({ type: "warning", message }),
    ...(runtime ? { runtime } : {}),
    ...(signal ? { signal } : {}),
  });
  const told = await runTests(image, {
    files: tests,
    surroundings: testSurroundings(session.environment),
    onResult: (result) => log(resultText(redacted(result))),
  });
  const report = redacted(told);
  log(summaryText(report));
  return report;
}
