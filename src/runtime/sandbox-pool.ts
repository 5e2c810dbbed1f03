import { CleanupScope } from "../core/cleanup-scope.ts";
import { openInputPipe } from "../sys/pipe.ts";
import { type Environment, type RunningProcess, spawnProcess } from "../sys/process.ts";
import { type ContainerOutput, type OnOutput, openOutput } from "./container-output.ts";
import { SHOW_CGROUPS } from "./drivers.ts";

/** Number of the descriptor on which a waiting shell is told its script. */
const ORDERS = 3;
/** Where nothing comes, whoever should have said it is gone. */
const WAIT = `${SHOW_CGROUPS}; IFS= read -r script <&${ORDERS} || exit 0; exec ${ORDERS}<&-; . "$script"`;

/** What holds the private namespaces of a container that is still to come. */
export interface Sandbox {
  readonly child: RunningProcess;
  readonly output: ContainerOutput;
  /** Lets it run the start script at this path; from now on its output goes to `onOutput`. */
  begin(script: string, onOutput: OnOutput | undefined): void;
  /** Ends one that was not begun. */
  readonly scope: CleanupScope;
}

interface Idle {
  readonly key: string;
  readonly sandbox: Sandbox;
}

/**
 * Makes the namespaces of the next container while the one before it is at work, since a start waits for five programs that do nothing
 * else. A container takes what is there only if it would have made the same.
 */
export class SandboxPool {
  readonly #scope = new CleanupScope();
  #idle: Idle | undefined;
  #left: number;

  /** `containers`: how many there will be at most. */
  constructor(containers: number) {
    this.#left = containers;
    this.#scope.defer(async () => {
      this.#left = 0;
      await this.#idle?.sandbox.scope.close();
    });
  }

  /** One that was made with this command line and environment; it is the caller's to close. */
  take(argv: readonly string[], env: Environment): Sandbox | undefined {
    this.#left -= 1;
    const idle = this.#idle;
    if (idle?.key !== keyOf(argv, env)) return undefined;
    this.#idle = undefined;
    return idle.sandbox;
  }

  /** Makes one for the next container, if another is to come. `argv` ends where the shell begins. */
  prepare(argv: readonly string[], env: Environment): void {
    if (this.#idle || this.#left <= 0) return;
    const sandbox = openSandbox(argv, env);
    if (sandbox) this.#idle = { key: keyOf(argv, env), sandbox };
  }

  /** Does the work and then ends what waits. */
  async around<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.around(work);
  }
}

function keyOf(argv: readonly string[], env: Environment): string {
  return JSON.stringify([argv, env]);
}

/** Undefined where pipes cannot be made. */
function openSandbox(argv: readonly string[], env: Environment): Sandbox | undefined {
  const orders = openInputPipe();
  if (!orders) return undefined;
  const scope = new CleanupScope();
  let onOutput: OnOutput | undefined;
  const output = openOutput((stream, chunk) => onOutput?.(stream, chunk), scope);
  const stdio = ["ignore", ...output.descriptors, orders.readFd] as const;
  const child = spawnProcess([...argv, "sh", "-c", WAIT], { env, stdio });
  orders.closeReadEnd();
  output.childStarted();
  // Nobody may come to look at either of them.
  orders.writable.on("error", () => {});
  child.done.catch(() => {});
  scope.defer(async () => {
    orders.writable.destroy();
    await child.done.catch(() => {});
  });
  const begin = (script: string, take: OnOutput | undefined): void => {
    onOutput = take;
    orders.writable.end(`${script}\n`);
  };
  return { child, output, begin, scope };
}
