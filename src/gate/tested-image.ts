import type { FileTree } from "../core/file-tree.ts";
import type { ContainerConfig } from "../image/config.ts";

/** What tests look at: an image's configuration and files, by its tables of contents, and containers of it. */
export interface TestedImage {
  /** For messages. */
  readonly name: string;
  readonly config: ContainerConfig;
  /** Asked for only where a test looks at files. */
  files(): Promise<TestedFiles>;
  readonly containers: TestContainers;
}

export interface TestedFiles {
  readonly tree: FileTree;
  /** The bytes of a regular file, by the path of its entry. */
  read(path: string): Promise<Buffer>;
}

/** How a container is started; members are as `slipway run` has them. */
export interface TestRun {
  /** Replaces ENTRYPOINT, and CMD with it. */
  readonly entrypoint?: readonly string[];
  readonly args?: readonly string[];
  /** `K=V` */
  readonly env: readonly string[];
  readonly user?: string;
  readonly tty?: boolean;
  readonly isPrivileged?: boolean;
  readonly capAdd?: readonly string[];
  readonly bindMounts?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly readOnly?: boolean;
  readonly network: "host" | "none";
  readonly init?: boolean;
}

export interface TestEnd {
  readonly exitCode: number;
  /** Why the command could not be started (exit code 126 or 127). */
  readonly failure?: string;
}

export interface TestOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** One root filesystem of the image: what a run writes is there in the next. */
export interface TestSpace {
  /** Runs a command to its end. Rejects where it takes longer. */
  run(run: TestRun, timeoutMs: number): Promise<TestEnd & TestOutput>;
  start(run: TestRun): Promise<RunningTest>;
}

/** A container that runs. */
export interface RunningTest {
  /** Process id of its first process on this machine; undefined once it has ended. */
  readonly pid: number | undefined;
  /** Resolves when it has ended. */
  readonly ended: Promise<TestEnd>;
  /** What it wrote until now. */
  output(): TestOutput;
  /** Runs the image's health check until it succeeds or the time is up; undefined where the image has none. */
  readonly health: ((withinMs: number) => Promise<HealthOutcome>) | undefined;
  /** The image's, else SIGTERM. */
  readonly stopSignal: { readonly name: string; readonly number: number };
  /** Sends it to the first process. */
  stop(): void;
}

export interface HealthOutcome {
  readonly isHealthy: boolean;
  /** What the last check that failed wrote, and how it ended. */
  readonly problem?: string;
}

export interface TestContainers {
  /** Gives a fresh root filesystem to the work, and ends and removes everything after it. */
  around<T>(work: (space: TestSpace) => Promise<T>): Promise<T>;
}
