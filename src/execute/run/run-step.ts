import { randomUUID } from "node:crypto";
import type { StepInputs } from "../../cache/inputs.ts";
import { CleanupScope } from "../../core/cleanup-scope.ts";
import { SlipwayError } from "../../core/errors.ts";
import type { LayerInfo } from "../../core/layer-info.ts";
import { redactCredentials } from "../../core/redact-credentials.ts";
import { goQuote } from "../../dockerfile/go-quote.ts";
import { captureTree, captureUpper } from "../../layer/capture.ts";
import type { RunStep } from "../../plan/graph.ts";
import { type OutOfMemory, outOfMemoryText } from "../../runtime/cgroup/out-of-memory.ts";
import { type ContainerEnd, runContainer } from "../../runtime/run-container.ts";
import { withoutEnvelope } from "../../runtime/runtime-log.ts";
import { type ContainerUser, resolveUser } from "../../runtime/users.ts";
import { containerRoot } from "../../snapshot/container-root.ts";
import { prepareRootfs } from "../../snapshot/prepare-rootfs.ts";
import type { Rootfs } from "../../snapshot/rootfs.ts";
import { planStubs } from "../../snapshot/stubs.ts";
import { planWorkdir } from "../../snapshot/workdir.ts";
import type { Chain } from "../chain.ts";
import type { ChainTree } from "../chain-tree.ts";
import { smallFileReader } from "../copy/owner.ts";
import { storeLayer } from "../layer-commit.ts";
import type { Foresight, PreparedStep, StepExecutor, StepReporter } from "../step-executor.ts";
import { type PreparedMounts, placeMounts, prepareMounts } from "./mounts.ts";
import { OutputTail } from "./output-tail.ts";
import { checkProgram } from "./program-check.ts";
import { runInputs } from "./run-inputs.ts";
import type { RunOptions } from "./run-options.ts";

/** RUN: a process in a container over the parent chain; what it leaves in the upper directory is the layer (DESIGN decision 5). */
export class RunExecutor implements StepExecutor<RunStep> {
  readonly #options: RunOptions;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async prepare(step: RunStep, parent: Chain, foresight: Foresight): Promise<PreparedStep> {
    const inputs = await runInputs(step, parent, this.#options);
    // What was made with a network counts; what is made without one now is something else.
    if (this.#options.offline && step.network === "default" && !foresight.isStored(inputs))
      return this.#prepared({ ...step, network: "none" }, parent);
    return this.#prepared(step, parent, inputs);
  }

  async #prepared(step: RunStep, parent: Chain, inputs?: StepInputs): Promise<PreparedStep> {
    return {
      inputs: inputs ?? (await runInputs(step, parent, this.#options)),
      execute: (reporter, signal) => this.#execute(step, parent, reporter, signal),
    };
  }

  async #execute(
    step: RunStep,
    parent: Chain,
    reporter: StepReporter,
    signal: AbortSignal,
  ): Promise<LayerInfo> {
    const { access, target } = this.#options;
    const scope = new CleanupScope();
    return scope.around(async () => {
      const lowers = await access.snapshots(parent);
      const tree = await access.tree("stage", parent, true);
      const scratch = target.store.temp.directory("run");
      scope.defer(() => target.store.temp.discard(scratch));
      const mounts = await prepareMounts({ step, options: this.#options, scratch, scope, signal });
      return this.#runOver({ step, parent, lowers, tree, scratch, mounts }, reporter, signal);
    });
  }

  async #runOver(at: Prepared, reporter: StepReporter, signal: AbortSignal): Promise<LayerInfo> {
    const { step, parent, lowers, tree, scratch, mounts } = at;
    const { access, privilege, target } = this.#options;
    const { edits } = await this.#options.devices(step);
    const stubs = planStubs(
      tree,
      mounts.mounts.map((mount) => mount.target),
    );
    const root = containerRoot(tree);
    const rootfs = await prepareRootfs(await this.#options.rootfsSupport(), {
      lowers,
      scratch,
      stubs: stubs.stubs,
      xattrPrefix: privilege.xattrPrefix,
      ...(root ? { root } : {}),
      ...(this.#options.layerLinks ? { links: this.#options.layerLinks } : {}),
    });
    const env = [...step.env, ...step.proxyEnv, ...mounts.env, ...edits.env];
    const { argv, cwd } = step;
    const { canRun } = this.#options;
    await checkProgram({ tree, argv, env, cwd, mounts: stubs.resolved, canRun });
    const tail = new OutputTail();
    const watch = this.#options.watchOutput?.();
    const tell = (stream: "stdout" | "stderr", said: Uint8Array): void => {
      if (said.length === 0) return;
      tail.add(said);
      reporter.log(stream, said);
    };
    const end = await runContainer(
      {
        id: `slipway-${randomUUID()}`,
        scratch,
        rootfs,
        argv,
        env,
        envHoldsSecrets: step.mounts.some((mount) => mount.type === "secret" && mount.env !== undefined),
        workdir: planWorkdir(tree, step.cwd, stubs.resolved),
        user: withGroups(await this.#user(step, tree), edits.groups),
        hostname: this.#options.hostname,
        network: step.network === "none" ? "none" : "host",
        security: step.security,
        mounts: placeMounts(mounts.mounts, stubs.resolved),
        ulimits: this.#options.ulimits,
        resources: this.#options.resources,
        ...(this.#options.cgroupParent === undefined ? {} : { cgroupParent: this.#options.cgroupParent }),
        ...(this.#options.shmSize === undefined ? {} : { shmSize: this.#options.shmSize }),
      },
      {
        privilege,
        ...this.#options.runtime,
        onWarning: this.#options.warn,
        onOutput: (stream, chunk) => {
          const said = stream === "stderr" ? withoutEnvelope(chunk) : chunk;
          tell(stream, watch ? watch.push(stream, said) : said);
        },
        signal,
      },
    );
    for (const stream of ["stdout", "stderr"] as const) if (watch) tell(stream, watch.end(stream));
    await rootfs.finish();
    if (end.exitCode !== 0) throw runFailed(step, end, tail.text(), this.#options.offline);
    const told = watch?.refused() ?? [];
    if (told.length > 0) throw secretTold(told);
    const made = new Set(stubs.stubs.filter((stub) => !stub.like).map((stub) => stub.path));
    const { packed, directory } = await this.#capture(rootfs, await access.tocBytes(parent), made, signal);
    await storeLayer(target, packed, directory);
    return packed.info;
  }

  /** The layer, and the folder that becomes its snapshot. */
  async #capture(rootfs: Rootfs, parent: readonly Buffer[], stubs: ReadonlySet<string>, signal: AbortSignal) {
    const { privilege, target } = this.#options;
    if (rootfs.kind === "overlay") {
      const { upper } = rootfs;
      const packed = await captureUpper({
        upper,
        parent,
        overlayXattrPrefix: privilege.xattrPrefix,
        stubs,
        signal,
      });
      return { packed, directory: upper };
    }
    const directory = target.store.temp.directory("layer");
    const packed = await captureTree({
      root: rootfs.upper,
      directory,
      form: target.form,
      parent,
      stubs,
      signal,
    });
    return { packed, directory };
  }

  async #user(step: RunStep, tree: ChainTree) {
    const read = smallFileReader(tree);
    const [passwd, group] = [await read("etc/passwd"), await read("etc/group")];
    return resolveUser({
      user: step.user,
      ...(passwd === undefined ? {} : { passwd: Buffer.from(passwd) }),
      ...(group === undefined ? {} : { group: Buffer.from(group) }),
    });
  }
}

interface Prepared {
  readonly step: RunStep;
  readonly parent: Chain;
  readonly lowers: readonly string[];
  readonly tree: ChainTree;
  readonly scratch: string;
  readonly mounts: PreparedMounts;
}

/** The layer is not kept: otherwise the next build would find it in the cache, and say nothing. */
function secretTold(ids: readonly string[]): SlipwayError<"SECRET_LEAKED"> {
  const names = ids.map((id) => JSON.stringify(id)).join(", ");
  return new SlipwayError("SECRET_LEAKED", `the output of the step has the value of ${names} in it`, {
    facts: { leaks: ids.map((id) => ({ id, place: "output" })) },
    hint: "here it was replaced, but whatever else the step writes to may have it: keep it out of commands that print (set -x, curl -v), or let it pass with --allow-secret-leak ID",
  });
}

function withGroups(user: ContainerUser, groups: readonly number[]): ContainerUser {
  return groups.length === 0 ? user : { ...user, additionalGids: [...user.additionalGids, ...groups] };
}

function runFailed(
  step: RunStep,
  { exitCode, oom }: ContainerEnd,
  output: string,
  offline = false,
): SlipwayError {
  const message = `process ${goQuote(redactCredentials(step.argv.join(" ")))} did not complete successfully: exit code: ${exitCode}`;
  const facts = { exitCode, output };
  if (oom) return outOfMemory(message, oom, facts);
  const hint = TOO_LONG.test(output)
    ? TOO_LONG_HINT
    : (HINTS[exitCode] ?? (offline && step.network === "none" ? OFFLINE_HINT : undefined));
  return new SlipwayError("RUN_FAILED", message, { facts, ...(hint ? { hint } : {}) });
}

/** In the words of crun, runc and the shell that starts a process where neither is there. */
const TOO_LONG =
  /^(exec container process .*|exec \/\S+|\/.*\/start\.sh: \d+: exec: .*): argument list too long\r?$/im;
const TOO_LONG_HINT =
  "the kernel takes no more than 128 KiB in one argument or variable: COPY the script into the image, or mount it, and run that";

const OFFLINE_HINT =
  "with --offline RUN has no network; if it is this that the step wants, --network default gives it back";

const HINTS: Readonly<Record<number, string>> = {
  127: "the command was not found in the image: check its name and PATH, or install it in an earlier step",
  137: "the process was killed (SIGKILL); the kernel does not say that memory ran out",
};

/** Whose memory ran out decides what helps. */
function outOfMemory(message: string, oom: OutOfMemory, facts: object): SlipwayError {
  const hints = {
    container: "give RUN steps more with --memory, or let the step do less at once",
    surroundings: "give the container or service that slipway runs in more memory",
    machine: "let fewer steps run at once, or give the machine more memory or swap",
  };
  return new SlipwayError("OUT_OF_MEMORY", `${message}: ${outOfMemoryText(oom)}`, {
    hint: hints[oom.whose],
    facts: { ...facts, ...(oom.limit === undefined ? {} : { limit: oom.limit }) },
  });
}
