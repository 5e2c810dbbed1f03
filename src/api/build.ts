import { CleanupScope } from "../core/cleanup-scope.ts";
import { explainSystemError, SlipwayError } from "../core/errors.ts";
import { decodeName } from "../core/file-name.ts";
import { looksSecret } from "../core/secret-name.ts";
import { lostBytes } from "../dockerfile/encoding.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import type { WarningSink } from "../dockerfile/linter.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { hardeningOf } from "../harden/profile.ts";
import { exportBuild, isKept, readsFiles } from "../output/export-build.ts";
import { LayerContent } from "../output/layer-content.ts";
import type { OutputSpec } from "../output/output-spec.ts";
import { storeImage } from "../output/store-image.ts";
import type { Step } from "../plan/graph.ts";
import { BuildClock } from "./build-clock.ts";
import { type BuildContexts, openContexts } from "./build-contexts.ts";
import type { BuildGate } from "./build-gate.ts";
import type { BuildOptions, BuildResult } from "./build-options.ts";
import { checkOutputs, outputsOf, tagNames, withEpochArgument } from "./build-outputs.ts";
import { buildPlatforms, type PlatformBuild } from "./build-run.ts";
import type { BuildSecrets } from "./build-secrets.ts";
import { openBuildSession } from "./build-session.ts";
import { labelsWithContract } from "./contract-label.ts";
import type { Environment } from "./environment.ts";
import type { HeldSecrets } from "./held-secrets.ts";
import { withPinnedLayouts } from "./layout-context.ts";
import { onceForEach } from "./once.ts";
import { parseOptions, repeatedPlatforms, requestedPlatforms } from "./plan-options.ts";
import { withStreamedSecrets } from "./secrets.ts";
import { type Session, wasPrunedMeanwhile } from "./session.ts";
import { contentOf, readsStdin, spoolStdin } from "./spooled-stdin.ts";
import { withAgents } from "./ssh-agents.ts";
import { stageSizes } from "./stage-sizes.ts";
import { StepCounter } from "./step-counter.ts";
import { elevated, NeedsUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

/** The build as a child in a user namespace is asked for it: standard input has become a file, which can be read once more. */
export interface SpooledBuild extends BuildOptions {
  readonly stdinFile?: string;
}

/**
 * Builds an image. Resolves with what was built; rejects with a `SlipwayError`. Events end with `build.done` or `build.error`.
 * An ordinary user's build that has to run something goes on inside a user namespace.
 */
export function build(options: BuildOptions, environment: Environment): Promise<BuildResult> {
  const { onEvent, signal, stdout, stdin, ...plain } = options;
  const scope = new CleanupScope();
  return scope.around(async () => {
    const spooled =
      environment.uid !== 0 && stdin && readsStdin(options)
        ? { stdinFile: await spoolStdin(stdin, environment, scope, signal) }
        : {};
    const kept = {
      ...spooled,
      ...(options.secrets
        ? { secrets: await withStreamedSecrets(options.secrets, environment, signal) }
        : {}),
    };
    const call = {
      operation: "build",
      options: { ...plain, ...kept } satisfies SpooledBuild,
      environment,
      ...(onEvent ? { onEvent } : {}),
      ...(signal ? { signal } : {}),
      ...(stdout ? { stdout } : {}),
    };
    return elevated(call, (sink) => buildHere({ ...options, ...kept, onEvent: sink }, environment));
  });
}

/** The same, in this process and with what it may do. */
export async function buildHere(asked: SpooledBuild, environment: Environment): Promise<BuildResult> {
  const { stdinFile, ...rest } = asked;
  const options: BuildOptions = withEpochArgument(
    stdinFile === undefined ? rest : { ...rest, stdin: contentOf(stdinFile) },
  );
  const counter = new StepCounter();
  const held = await heldSecrets(options, environment);
  const secrets = held?.known;
  const clock = new BuildClock((told) => {
    for (const event of secrets?.events(told) ?? [told]) {
      counter.count(event);
      options.onEvent?.(event);
    }
  });
  try {
    return await buildOnce({ options, environment, clock, counter, ...(held ? { held } : {}) });
  } catch (met) {
    const failure = secrets ? secrets.error(met) : met;
    // What standard input held is gone where it was not put into a file.
    if (!wasPrunedMeanwhile(met) || rest.stdin) throw reported(failure, clock);
    clock.emit({ type: "warning", message: "the store was pruned while this began: beginning again" });
  }
  return buildHere(asked, environment);
}

/** What the build has to keep to itself; a build that was given nothing of the kind loads nothing for it. */
async function heldSecrets(options: BuildOptions, environment: Environment) {
  const { secrets = {}, buildArgs = {} } = options;
  if (Object.keys(secrets).length === 0 && !Object.keys(buildArgs).some(looksSecret)) return undefined;
  const { holdSecrets } = await import("./held-secrets.ts");
  return holdSecrets(options, environment);
}

/** The failure for people, after the last event of a build that tells of it. */
function reported(failure: unknown, clock: BuildClock): unknown {
  const error = explainSystemError(failure);
  const known = error instanceof SlipwayError;
  if (!(error instanceof NeedsUserNamespace))
    clock.emit({
      type: "build.error",
      code: known ? error.code : "INTERNAL",
      message: error instanceof Error ? error.message : String(error),
    });
  return error;
}

interface OneBuild {
  readonly options: BuildOptions;
  readonly environment: Environment;
  readonly clock: BuildClock;
  readonly counter: StepCounter;
  readonly held?: HeldSecrets;
}

async function buildOnce(one: OneBuild): Promise<BuildResult> {
  const { options, environment, held } = one;
  const scope = new CleanupScope();
  return scope.around(async () => {
    const session = await openBuildSession(options, environment, scope);
    // Of two reasons that one gets ahead which names the file as the user did.
    if (held?.unread) throw held.unread;
    const ready = await withAgents(options, environment.cwd, scope);
    const secrets = held ? { secrets: held.sources } : {};
    return new Build(session, { ...one, options: { ...ready, ...secrets } }, scope).run();
  });
}

class Build {
  readonly #session: Session;
  readonly #options: BuildOptions;
  readonly #clock: BuildClock;
  readonly #scope: CleanupScope;
  readonly #counter: StepCounter;
  readonly #secrets: BuildSecrets | undefined;
  readonly #unsearched: readonly string[];
  readonly #outputs: readonly OutputSpec[];

  constructor(session: Session, { options, clock, counter, held }: OneBuild, scope: CleanupScope) {
    this.#secrets = held?.known;
    this.#unsearched = held?.notices ?? [];
    this.#session = session;
    this.#options = withPinnedLayouts(options, session.environment.cwd);
    this.#clock = clock;
    this.#scope = scope;
    this.#counter = counter;
    this.#outputs = outputsOf(options);
    hardeningOf(options.harden, options.hardenKeep);
    const { stdout } = options;
    if (options.offline && this.#outputs.some(({ push }) => push))
      throw new SlipwayError("USAGE", "--offline and pushing the image cannot go together");
    checkOutputs(this.#outputs, { cwd: session.environment.cwd, ...(stdout ? { stdout } : {}) });
  }

  async run(): Promise<BuildResult> {
    const { signal } = this.#options;
    const gate = await this.#openGate();
    const tell = onceForEach((message) => this.#clock.emit({ type: "warning", message }));
    const contexts = await openContexts(this.#session, this.#options, this.#scope, { notice: tell });
    const audit = await this.#openAudit(contexts);
    const { name, bytes } = await contexts.dockerfile();
    const labels = await labelsWithContract(this.#options, contexts);
    this.#clock.emit({
      type: "build.start",
      dockerfile: name,
      text: decodeName(bytes),
      ...(this.#options.target ? { target: this.#options.target } : {}),
    });
    const content = new LayerContent(this.#session.store, (blob) => this.#session.fetchBlob(blob, signal), {
      ...(signal ? { signal } : {}),
      searchPath: this.#session.environment.path,
      beforeRead: () => this.#needMappedIds(),
    });
    const warn: WarningSink = (warning) => this.#clock.emit({ type: "warning", ...warning });
    const dockerfile = parseDockerfile(bytes, name, { ...parseOptions(this.#options), onWarning: warn });
    await contexts.lock();
    const lost = lostBytes(dockerfile);
    if (lost !== undefined) tell(lost);
    const views = requestedPlatforms(this.#options);
    for (const notice of this.#unsearched) tell(notice);
    for (const name of repeatedPlatforms(views))
      tell(`Duplicate platform result requested ${JSON.stringify(name)}`);
    const builds = await buildPlatforms(
      {
        session: this.#session,
        options: labels ? { ...this.#options, labels } : this.#options,
        contexts,
        dockerfile,
        warn,
        notice: tell,
        clock: this.#clock,
        scope: this.#scope,
        content,
        ...watchOf(this.#secrets),
        beforeExecute: (step?: Step) => this.#needMappedIds(step),
      },
      views,
    );
    // Before a container with its own output is started, before anything has a name or leaves.
    await this.#secrets?.check({ builds, content, session: this.#session, options: this.#options });
    await audit?.(builds, dockerfile);
    await this.#passGate(gate, builds);
    return this.#finish(builds, content, views[0]!.multiPlatform);
  }

  async #finish(
    builds: readonly PlatformBuild[],
    content: LayerContent,
    isIndex: boolean,
  ): Promise<BuildResult> {
    // Before anything is written anywhere: the files of a build that was fully cached may belong to mapped ids.
    if (this.#outputs.some(readsFiles)) this.#needMappedIds();
    // What leaves is read from layers and blobs for longer than a moment.
    if (this.#outputs.some((output) => output.push || !isKept(output))) await this.#session.keepContent();
    const { store } = this.#session;
    const images = builds.map(({ image }) => image);
    const built = await storeImage(store, images, isIndex);
    const { pushed, names, image } = await exportBuild({
      outputs: this.#outputs,
      names: tagNames(this.#options),
      isIndex,
      builds: builds.map(({ image, execution, plan }) => ({
        image,
        tree: () => execution.access.tree("result", execution.target),
        epoch: plan.sourceDateEpoch,
        baseLayers: execution.target.baseLayers,
      })),
      content,
      store,
      registry: (insecureHosts) => this.#session.registry(insecureHosts),
      warn: (message) => this.#clock.emit({ type: "warning", message }),
      step: (id, name, work) => this.#clock.step(id, name, work),
      cwd: this.#session.environment.cwd,
      ...(this.#options.stdout ? { stdout: this.#options.stdout } : {}),
      ...(this.#options.signal ? { signal: this.#options.signal } : {}),
    });
    for (const message of this.#session.takeNotices()) this.#clock.emit({ type: "warning", message });
    const stages = (
      await Promise.all(
        builds.map(({ plan, execution, label }) =>
          stageSizes(plan, { store, label, chainOf: execution.chainOf, target: execution.target }),
        ),
      )
    ).flat();
    const descriptor = image?.root ?? built;
    const configs = image?.images.map(({ config }) => config) ?? images.map((one) => one.configDescriptor);
    const imageId = isIndex ? descriptor.digest : configs[0]!.digest;
    this.#clock.emit({ type: "build.done", imageId, manifest: descriptor.digest, names, stages });
    return {
      imageId,
      descriptor,
      ...(image ? { exported: image.root } : {}),
      names,
      images: builds.map(({ image }) => ({
        platform: image.platform,
        config: image.config,
        configDigest: image.configDescriptor.digest,
        manifest: image.manifest,
      })),
      stages,
      hardening: builds.flatMap(({ hardening }) => (hardening ? [hardening.report] : [])),
      warnings: this.#counter.warnings,
      pushed,
      steps: { total: this.#counter.total, cached: this.#counter.cached },
    };
  }

  /** Reads the tests before anything is built; of a build without tests nothing of it is loaded. */
  async #openGate(): Promise<BuildGate | undefined> {
    const { tests = [] } = this.#options;
    if (tests.length === 0) return undefined;
    const { openGate } = await import("./build-gate.ts");
    const redacted = this.#secrets?.redacted;
    return openGate(tests, this.#session, { ...this.#options, ...(redacted ? { redacted } : {}) });
  }

  /** What was hardened has to show it; of other builds nothing of it is loaded. The policy is read before anything is built. */
  async #openAudit(contexts: BuildContexts) {
    const { harden, hardenKeep } = this.#options;
    if (!hardeningOf(harden, hardenKeep)) return undefined;
    const { passAudit, policyOfBuild } = await import("./audit-gate.ts");
    const [session, options, clock] = [this.#session, this.#options, this.#clock];
    const policy = await policyOfBuild(contexts, session.environment.cwd);
    const parts = { session, options, policy, clock, beforeWork: () => this.#needMappedIds() };
    return (builds: readonly PlatformBuild[], dockerfile: ParsedDockerfile) =>
      passAudit(builds, { ...parts, dockerfile });
  }

  async #passGate(gate: BuildGate | undefined, builds: readonly PlatformBuild[]): Promise<void> {
    if (!gate) return;
    if (gate.needsMappedIds) this.#needMappedIds();
    await this.#session.keepContent();
    await gate.pass(builds, this.#clock);
  }

  /** Rootless work with layers happens inside a user namespace; a build that is fully cached never gets here (DESIGN decision 7). */
  #needMappedIds(step?: Step): void {
    if (this.#session.privilege.kind !== "user") return;
    const namespace = userNamespaceAvailable(this.#session.environment);
    if (namespace.available) throw new NeedsUserNamespace();
    if (step?.kind === "run")
      throw new SlipwayError(
        "RUNTIME_UNAVAILABLE",
        `RUN needs a user namespace or root: ${namespace.reason}`,
        {
          hint: "`slipway doctor` says what to install; builds without RUN work as they are",
        },
      );
  }
}

function watchOf(secrets: BuildSecrets | undefined) {
  return secrets ? { watchOutput: () => secrets.watchOutput(), conceal: secrets.redacted } : {};
}
