import { startTimer } from "../core/timer.ts";
import { listeningSockets, socketsOf } from "../sys/listening-ports.ts";
import { processesBeside } from "../sys/namespace-processes.ts";
import { catchesSignal } from "../sys/process-tree.ts";
import type { BehaviorTest, ExpectedPort } from "./behavior-schema.ts";
import { shortened } from "./expressions.ts";
import { initReasons, type ProcessSighting } from "./init-advice.ts";
import type { RunDefaults } from "./run-defaults.ts";
import { type Findings, runTest, type TestResult } from "./test-result.ts";
import type { RunningTest, TestEnd, TestedImage } from "./tested-image.ts";

const LOOK_EVERY_MS = 50;
/** A process that has just ended is a zombie until somebody waits for it. */
const ZOMBIE_PATIENCE_MS = 500;
const DEFAULT_RUN_MS = 2000;
const DEFAULT_END_MS = 30_000;
const FINE: Findings = { errors: [] };

export interface BehaviorOutcome {
  readonly results: readonly TestResult[];
  /** Why the image needs an init. */
  readonly reasons: readonly string[];
}

/** Starts a container and asks of it, one after the other, what the test has; each question is a result of its own. */
export function checkBehavior(
  image: TestedImage,
  test: BehaviorTest,
  defaults: RunDefaults,
  file: string,
): Promise<BehaviorOutcome> {
  return image.containers.around(async (space) => {
    const results: TestResult[] = [];
    const ask = async (question: string, check: () => Promise<Findings> | Findings): Promise<boolean> => {
      const result = await runTest({ name: `Behavior Test: ${test.name}: ${question}`, file }, check);
      results.push(result);
      return result.pass;
    };
    let container: RunningTest | undefined;
    const starts = await ask("starts", async () => {
      container = await space.start(runOf(test, defaults));
      return FINE;
    });
    if (!starts || !container) return { results, reasons: [] };
    const inspection = new Inspection(container, test);
    await inspection.ask(ask);
    return { results, reasons: test.init ? [] : inspection.reasons };
  });
}

function runOf(test: BehaviorTest, { run, env, expand }: RunDefaults) {
  return {
    ...run,
    // A network of its own: ports of this machine are neither taken nor needed.
    network: test.network ?? ("none" as const),
    env: [...env, ...expand(test.envVars ?? [])],
    bindMounts: [...(run.bindMounts ?? []), ...(test.bindMounts ?? [])],
    tmpfs: test.tmpfs ?? [],
    readOnly: test.readOnly ?? false,
    init: test.init ?? false,
    ...(test.entrypoint ? { entrypoint: test.entrypoint } : {}),
    ...(test.args ? { args: test.args } : {}),
    ...(test.user ? { user: test.user } : {}),
  };
}

type Ask = (question: string, check: () => Promise<Findings> | Findings) => Promise<boolean>;

/** The questions to one container, in their order: those that end it come last. */
class Inspection {
  readonly #container: RunningTest;
  readonly #test: BehaviorTest;
  #end: TestEnd | undefined;
  #sighting: ProcessSighting | undefined;

  constructor(container: RunningTest, test: BehaviorTest) {
    this.#container = container;
    this.#test = test;
    void container.ended.then(
      (end) => {
        this.#end = end;
      },
      () => {},
    );
  }

  get reasons(): readonly string[] {
    return this.#sighting ? initReasons(this.#sighting) : [];
  }

  async ask(ask: Ask): Promise<void> {
    const test = this.#test;
    const endsByItself = test.endsWithin !== undefined || (test.exitCode !== undefined && !test.stopsWithin);
    const runsFor = test.runsFor ?? (asksNothing(test) && !endsByItself ? DEFAULT_RUN_MS : undefined);
    if (runsFor) await ask(`runs for ${seconds(runsFor)}`, () => this.#runs(runsFor));
    if (test.healthyWithin)
      await ask(`becomes healthy within ${seconds(test.healthyWithin)}`, () =>
        this.#healthy(test.healthyWithin!),
      );
    for (const port of test.ports ?? []) await ask(`port ${port.port} answers`, () => this.#answers(port));
    if (!endsByItself) await this.#look();
    if (test.nonRoot) await ask("runs as non-root", () => this.#nonRoot());
    if (test.noZombies) await ask("leaves no zombie", () => this.#noZombies());
    if (test.needsNoInit) await ask("needs no init", () => this.#whileSeen(() => this.reasons));
    if (test.stopsWithin) {
      const { name } = this.#container.stopSignal;
      await ask(`stops within ${seconds(test.stopsWithin)} of ${name}`, () => this.#stops(test.stopsWithin!));
    }
    if (endsByItself) {
      const within = test.endsWithin ?? DEFAULT_END_MS;
      await ask(`ends within ${seconds(within)}`, () => this.#ends(within, "did not end by itself"));
    }
    if (test.exitCode !== undefined)
      await ask(`ends with ${test.exitCode}`, () => this.#exitCode(test.exitCode!));
  }

  async #runs(ms: number): Promise<Findings> {
    await this.#wait(ms);
    return this.#early() ?? FINE;
  }

  async #healthy(ms: number): Promise<Findings> {
    const { health } = this.#container;
    if (!health) return { errors: ["the image has no health check"] };
    const ended = this.#container.ended.then(() => undefined);
    const outcome = await Promise.race([health(ms), ended]);
    if (outcome?.isHealthy) return FINE;
    return this.#early() ?? this.#failed(outcome?.problem ?? "no health check has ended yet");
  }

  async #answers({ port, withinMs }: ExpectedPort): Promise<Findings> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const early = this.#early();
      if (early) return early;
      const problem = this.#portProblem(port);
      if (problem === undefined) return FINE;
      if (performance.now() >= deadline) return this.#failed(`${problem}, after ${seconds(withinMs)}`);
      await this.#wait(LOOK_EVERY_MS);
    }
  }

  /** What listens is connected by the kernel; only sockets of the container itself count. */
  #portProblem(port: number): string | undefined {
    const { pid } = this.#container;
    const listening = pid === undefined ? [] : listeningSockets(pid).filter((socket) => socket.port === port);
    const own = new Set(this.#processes().flatMap((process) => socketsOf(process.pid)));
    const found = listening.filter(({ inode }) => own.has(inode));
    if (found.some(({ isLoopback }) => !isLoopback)) return undefined;
    return found.length > 0
      ? `port ${port} is open on the loopback interface only, where nobody outside of the container reaches it`
      : `nothing listens on port ${port}`;
  }

  /** Looks at the processes, twice where there are zombies. */
  async #look(): Promise<void> {
    const before = this.#processes().filter(({ state }) => state === "Z");
    if (before.length > 0) await this.#wait(ZOMBIE_PATIENCE_MS);
    const { pid, stopSignal } = this.#container;
    const all = this.#processes();
    const first = all.find((one) => one.pid === pid);
    if (!first || pid === undefined) return;
    this.#sighting = {
      first,
      others: all.filter((one) => one !== first),
      zombies: all.filter(({ state, pid }) => state === "Z" && before.some((one) => one.pid === pid)),
      stopSignal: stopSignal.name,
      handlesStop: catchesSignal(pid, stopSignal.number),
    };
  }

  #nonRoot(): Promise<Findings> {
    return this.#whileSeen(({ first, others }) =>
      [first, ...others]
        .filter(({ uid, state }) => uid === 0 && state !== "Z")
        .map(({ name }) => `${name} runs as root`),
    );
  }

  #noZombies(): Promise<Findings> {
    return this.#whileSeen(({ zombies }) =>
      zombies.map(({ name }) => `${name} has ended, and nobody waited for it`),
    );
  }

  async #whileSeen(check: (sighting: ProcessSighting) => readonly string[]): Promise<Findings> {
    if (!this.#sighting)
      return this.#early() ?? this.#failed("the container's processes could not be looked at");
    return { errors: check(this.#sighting) };
  }

  async #stops(ms: number): Promise<Findings> {
    const early = this.#early();
    if (early) return early;
    this.#container.stop();
    const found = await this.#ends(ms, `did not end by ${this.#container.stopSignal.name}`);
    return found.errors.length === 0 ? found : { ...found, errors: [...found.errors, ...this.reasons] };
  }

  async #ends(ms: number, what: string): Promise<Findings> {
    await this.#wait(ms);
    return this.#end ? FINE : this.#failed(`the container ${what} within ${seconds(ms)}`);
  }

  #exitCode(expected: number): Findings {
    if (!this.#end) return { errors: ["the container has not ended"] };
    const { exitCode, failure } = this.#end;
    if (exitCode === expected) return FINE;
    return this.#failed(`the exit code is ${exitCode}${failure === undefined ? "" : ` (${failure})`}`);
  }

  #early(): Findings | undefined {
    if (!this.#end) return undefined;
    const { exitCode, failure } = this.#end;
    const why = failure === undefined ? "" : `: ${failure}`;
    return this.#failed(`the container has ended, with exit code ${exitCode}${why}`);
  }

  #failed(error: string): Findings {
    const { stdout, stderr } = this.#container.output();
    return { errors: [error], stdout: shortened(stdout), stderr: shortened(stderr) };
  }

  #processes() {
    const { pid } = this.#container;
    return pid === undefined ? [] : processesBeside(pid);
  }

  /** Until the container ends or the time is up. Rejects where it could not be run. */
  async #wait(ms: number): Promise<void> {
    let stopTimer = (): void => {};
    const timeUp = new Promise<void>((resolve) => {
      stopTimer = startTimer(ms, resolve);
    });
    try {
      await Promise.race([this.#container.ended, timeUp]);
    } finally {
      stopTimer();
    }
  }
}

function asksNothing(test: BehaviorTest): boolean {
  const { healthyWithin, ports, nonRoot, noZombies, needsNoInit, stopsWithin } = test;
  return !(healthyWithin || ports || nonRoot || noZombies || needsNoInit || stopsWithin);
}

function seconds(ms: number): string {
  return `${ms / 1000}s`;
}
