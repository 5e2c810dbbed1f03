/**
 * The library: what the command does, with typed options, an event stream, an AbortSignal and typed errors. Nothing here prints
 * or ends the process, and there is no state between calls but the store.
 */
import { homedir } from "node:os";
import type { AuditOptions } from "./api/audit.ts";
import { bootstrap as bootstrapIn } from "./api/bootstrap.ts";
import { build as buildIn } from "./api/build.ts";
import type { BuildOptions } from "./api/build-options.ts";
import { checkBuildOptions } from "./api/check-options.ts";
import { type Environment, readEnvironment } from "./api/environment.ts";
import * as images from "./api/images.ts";
import { loadImages as loadIn } from "./api/load.ts";
import type { PreflightOptions } from "./api/preflight-options.ts";
import { removeImages as removeIn } from "./api/remove-image.ts";
import { importRootfs as importIn } from "./api/rootfs-image.ts";
import type { TestImageOptions } from "./api/test-image.ts";
import * as transfer from "./api/transfer.ts";
import { workingDirectory } from "./api/working-directory.ts";

export type { AuditOptions } from "./api/audit.ts";
export type { BootstrapOptions } from "./api/bootstrap.ts";
export type {
  BuildOptions,
  BuildResult,
  BuildWarning,
  SecretSource,
  SshSource,
} from "./api/build-options.ts";
export type { CheckResult } from "./api/check.ts";
export type { DockerfileSource } from "./api/dockerfile-session.ts";
export type { Diagnosis, Fact } from "./api/doctor.ts";
export type { Environment, Surroundings } from "./api/environment.ts";
export { readEnvironment } from "./api/environment.ts";
export type { ExecContainerOptions } from "./api/exec.ts";
export type { ImageDiffOptions } from "./api/image-diff.ts";
export type { HistoryEntry, ImageSummary } from "./api/images.ts";
export type { ContainerInspect } from "./api/inspect-container.ts";
export type { LintResult } from "./api/lint.ts";
export type { LockOptions, LockResult } from "./api/lock-options.ts";

export type { OutlineResult, TargetsResult } from "./api/outline.ts";
export type { PreflightOptions } from "./api/preflight-options.ts";
export type { Pruned, UsageRow } from "./api/prune.ts";
export type { ImportOptions } from "./api/rootfs-image.ts";
export type { RunContainerOptions, RunOutcome } from "./api/run.ts";
export type { TestImageOptions } from "./api/test-image.ts";
export type { Finding as AuditFinding } from "./audit/finding.ts";
export type { AuditReport } from "./audit/report.ts";
export type { Descriptor } from "./core/descriptor.ts";
export type { Digest } from "./core/digest.ts";
export { ERROR_CODES, type ErrorCode } from "./core/error-codes.ts";
export { isSlipwayError, SlipwayError } from "./core/errors.ts";
export type { BuildEvent, ChangedInput, EventSink, StageSize, StageSummary } from "./core/events.ts";
export type { HardenChange, HardenReport, HardenUser } from "./core/harden-report.ts";
export type { Platform } from "./core/platform.ts";
export type { SourceRange } from "./core/source-range.ts";
export type { ConfigChange, FileChange, FilePatch, HistoryChange, ImageDiff } from "./diff/image-diff.ts";
export type { LintRule } from "./dockerfile/lint-rules.ts";
export type { LintWarning } from "./dockerfile/linter.ts";
export type { Target } from "./dockerfile/list-targets.ts";
export { formatReport, type ReportFormat } from "./gate/report.ts";
export type { TestReport, TestResult } from "./gate/test-result.ts";
export type { ContainerConfig, Healthcheck, HistoryItem, ImageConfig } from "./image/config.ts";
export type { DockerInspect } from "./image/inspect.ts";
export type { LintFinding } from "./lint/finding.ts";
export type { LockChange } from "./lock/lock-diff.ts";
export type { LockEntries } from "./lock/lock-entries.ts";
export { type OutputSpec, outputOf, parseOutput } from "./output/output-spec.ts";
export type {
  OutlineArg,
  OutlineCacheMount,
  OutlineSecret,
  TargetOutline,
} from "./plan/outline.ts";
export type { Finding as PreflightFinding, PreflightReport } from "./preflight/finding.ts";
export type { Resources } from "./runtime/request.ts";

/** The environment of this process: what every function uses where none is given. */
export function processEnvironment(): Environment {
  return readEnvironment(process.env, {
    uid: process.getuid?.() ?? 1,
    homeDirectory: homedir(),
    cwd: workingDirectory(),
  });
}

/** Builds an image from a Dockerfile. Rejects with a `SlipwayError`, also where an option is not what its type says. */
export const build = async (options: BuildOptions, environment = processEnvironment()) => {
  checkBuildOptions(options);
  return buildIn(options, environment);
};

/** Lints a Dockerfile and says whether a build of it would fail before its first step. Nothing is executed. */
export const check = async (options: BuildOptions, environment = processEnvironment()) => {
  checkBuildOptions(options);
  return (await import("./api/check.ts")).check(options, environment);
};
/** What `check` finds, and advice beyond it, each with a remedy. */
export const lint = async (options: BuildOptions, environment = processEnvironment()) => {
  checkBuildOptions(options);
  return (await import("./api/lint.ts")).lint(options, environment);
};
/** What a target takes from outside: arguments, secrets, ssh agents, cache mounts. Nothing is executed. */
export const outline = async (options: BuildOptions, environment = processEnvironment()) => {
  checkBuildOptions(options);
  return (await import("./api/outline.ts")).outline(options, environment);
};
/** Writes, updates or verifies the lock of a Dockerfile (`docs/lock.md`). */
export const lock = async (
  options: import("./api/lock-options.ts").LockOptions,
  environment = processEnvironment(),
) => (await import("./api/lock-sources.ts")).lockSources(options, environment);
/** The stages of a Dockerfile, with what their comments say. */
export const listTargets = async (options: BuildOptions, environment = processEnvironment()) => {
  checkBuildOptions(options);
  return (await import("./api/outline.ts")).listTargets(options, environment);
};

export const bootstrap = (options: Parameters<typeof bootstrapIn>[0], environment = processEnvironment()) =>
  bootstrapIn(options, environment);
export const importRootfs = (options: Parameters<typeof importIn>[0], environment = processEnvironment()) =>
  importIn(options, environment);
export const loadImages = (options: Parameters<typeof loadIn>[0], environment = processEnvironment()) =>
  loadIn(options, environment);
export const save = (options: transfer.SaveOptions, environment = processEnvironment()) =>
  transfer.save(options, environment);
export const pull = (options: transfer.PullOptions, environment = processEnvironment()) =>
  transfer.pull(options, environment);
export const push = (options: transfer.PushOptions, environment = processEnvironment()) =>
  transfer.push(options, environment);
export const listImages = (environment = processEnvironment()) => images.listImages(environment);
export const inspectImage = (
  name: string,
  options: images.LookOptions = {},
  environment = processEnvironment(),
) => images.inspectImage(name, options, environment);
export const imageHistory = (
  name: string,
  options: images.LookOptions = {},
  environment = processEnvironment(),
) => images.imageHistory(name, options, environment);
export const tagImage = (source: string, target: string, environment = processEnvironment()) =>
  images.tagImage(source, target, environment);
export const removeImages = (name: string, force = false, environment = processEnvironment()) =>
  removeIn(name, force, environment);
/** Compares two images, field by field and path by path, by their tables of contents (`docs/diff.md`). */
export const diffImages = async (
  options: import("./api/image-diff.ts").ImageDiffOptions,
  environment = processEnvironment(),
) => (await import("./api/image-diff.ts")).diffImages(options, environment);
/** Tests an image; the report says what failed. Rejects where a file of tests is wrong, or testing was not possible. */
export const testImage = async (options: TestImageOptions, environment = processEnvironment()) =>
  (await import("./api/test-image.ts")).testImage(options, environment);
/** Looks for what is dangerous or wasteful in an image (`docs/audit.md`). Findings are in the report; it rejects where there can be none. */
export const auditImage = async (options: AuditOptions, environment = processEnvironment()) =>
  (await import("./api/audit.ts")).auditImage(options, environment);
/** The same of a Dockerfile, which is not built; no registry is asked. */
export const auditDockerfile = async (
  options: import("./api/audit-dockerfile.ts").DockerfileAuditOptions,
  environment = processEnvironment(),
) => (await import("./api/audit-dockerfile.ts")).auditDockerfile(options, environment);
/** Mends what `auditDockerfile` found, in place, where that is safe. */
export const fixDockerfile = async (
  options: import("./api/fix-dockerfile.ts").FixOptions,
  environment = processEnvironment(),
) => (await import("./api/fix-dockerfile.ts")).fixDockerfile(options, environment);
/** What this machine can do, as `slipway doctor` says it. */
export const diagnose = async (environment = processEnvironment()) =>
  (await import("./api/doctor.ts")).diagnose(environment);
/** What the store holds, and how many bytes `prune` would free. */
export const diskUsage = async (environment = processEnvironment()) =>
  (await import("./api/prune.ts")).diskUsage(environment);
/** Removes what nothing uses; `all`: the build cache, too. Waits for builds that are running. */
export const prune = async (options: { readonly all: boolean }, environment = processEnvironment()) =>
  (await import("./api/prune.ts")).prune(options, environment);

/** Runs an image's command with this process's own streams, to its end. */
export const runContainer = async (
  options: import("./api/run.ts").RunContainerOptions,
  environment = processEnvironment(),
) => (await import("./api/run.ts")).run(options, environment);
/** Starts a container that goes on when this process ends, and gives its id. */
export const startDetached = async (
  options: import("./api/run.ts").RunContainerOptions,
  environment = processEnvironment(),
) => (await import("./api/run.ts")).runDetached(options, environment);
/** What `slipway inspect` prints of each container, the newest first. */
export const listContainers = async (
  options: import("./api/list-containers.ts").ListOptions = {},
  environment = processEnvironment(),
) =>
  (await (await import("./api/list-containers.ts")).listContainers(options, environment)).map(
    ({ document }) => document,
  );
/** What `slipway inspect` prints of one; undefined where there is none of that name or id. */
export const inspectContainer = async (name: string, environment = processEnvironment()) =>
  (await import("./api/inspect-container.ts")).inspectContainer(name, environment);
/** Runs a further command in a container that runs. */
export const execContainer = async (
  name: string,
  options: import("./api/exec.ts").ExecContainerOptions,
  environment = processEnvironment(),
) => (await import("./api/exec.ts")).execContainer(name, options, environment);
/** Asks a container to end, and kills it if it does not. */
export const stopContainer = async (
  name: string,
  options: import("./api/control-container.ts").StopOptions = {},
  environment = processEnvironment(),
) => (await import("./api/control-container.ts")).stopContainer(name, options, environment);
/** Waits until a container is so, and gives its exit code. */
export const waitForContainer = async (
  name: string,
  condition: import("./container/monitor-socket.ts").WaitCondition = "not-running",
  environment = processEnvironment(),
) => (await import("./api/control-container.ts")).waitForContainer(name, condition, environment);
/** Removes a container with all that it wrote. */
export const removeContainer = async (
  name: string,
  options: import("./api/remove-container.ts").RemoveOptions = {},
  environment = processEnvironment(),
) => (await import("./api/remove-container.ts")).removeContainer(name, options, environment);
/** Whether what an image presumes would hold if it was run with these options. Nothing is started. */
export const checkPreflight = async (options: PreflightOptions, environment = processEnvironment()) =>
  (await import("./api/preflight.ts")).checkPreflight(options, environment);
/** The entry script for a contract: text of a `preflight.yaml`, whose name in errors is `file`. */
export const preflightScript = async (
  contract: string,
  options: { readonly program?: readonly string[]; readonly strict?: boolean; readonly file?: string } = {},
) => {
  const { parseContract } = await import("./preflight/parse-contract.ts");
  const { writeScript } = await import("./preflight/script/write-script.ts");
  const { program = [], strict = false, file = "preflight.yaml" } = options;
  return writeScript(parseContract(contract, file).contract, { program, strict });
};
/** Makes a volume, or finds the one of that name, and gives its name. */
export const createVolume = async (
  name?: string,
  labels: Readonly<Record<string, string>> = {},
  environment = processEnvironment(),
) => (await import("./api/volumes.ts")).createVolume(name, labels, environment);
/** What `slipway volume inspect` prints of each volume, with the names of the containers that have it. */
export const listVolumes = async (filters: readonly string[] = [], environment = processEnvironment()) =>
  (await import("./api/volumes.ts")).listVolumes(filters, environment);
/** Removes a volume with its data, or all that no container has. */
export const removeVolumes = async (
  removal: import("./api/volumes.ts").VolumeRemoval,
  environment = processEnvironment(),
) => (await import("./api/volumes.ts")).removeVolumes(removal, environment);
