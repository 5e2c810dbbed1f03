import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type CliOptions, runCli } from "../support/cli.ts";
import { makeFolder, writeTree } from "../support/folders.ts";
import { prepareStoreHome } from "../support/program-cache.ts";
import { busyboxRootfs } from "../support/root-filesystems.ts";
import { asUser, type TestUser } from "../support/test-user.ts";
import type { CommandResult } from "../support/tools.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A store with a `busybox` base in it, and folders for contexts; all of it goes when the file's tests are done. */
export class Workshop {
  readonly folder: string;
  readonly home: string;
  readonly user: TestUser | undefined;
  readonly remove: () => void;
  #contexts = 0;

  constructor(user?: TestUser) {
    const { path, remove } = makeFolder();
    this.user = user;
    this.folder = user?.home ?? path;
    this.home = join(this.folder, "store");
    prepareStoreHome(this.home, user);
    this.remove = () => {
      user?.remove();
      remove();
    };
  }

  /** A new context folder with these files; `Dockerfile` among them. */
  context(files: Files): string {
    this.#contexts += 1;
    return writeTree(join(this.folder, `context-${this.#contexts}`), files);
  }

  run(args: readonly string[], options: Partial<CliOptions> = {}): Promise<CommandResult> {
    return runCli(args, {
      home: this.home,
      cwd: this.folder,
      ...(this.user ? { user: this.user } : {}),
      ...options,
    });
  }

  /** Runs a command that has to end with 0. */
  async succeed(args: readonly string[], options: Partial<CliOptions> = {}): Promise<CommandResult> {
    const result = await this.run(args, options);
    if (result.exitCode !== 0)
      throw new Error(`slipway ${args.join(" ")} ended with ${result.exitCode}:\n${result.stderr}`);
    return result;
  }

  /** Builds a context made of these files and gives the plain progress. */
  async build(files: Files, ...flags: string[]): Promise<CommandResult & { readonly context: string }> {
    const context = this.context(files);
    return { ...(await this.run(["build", "--progress=plain", ...flags, context])), context };
  }

  /** Containers in the background would outlive a test that failed. */
  async endContainers(): Promise<void> {
    if (!existsSync(join(this.home, "containers/names"))) return;
    const { stdout } = await this.run(["ps", "-q"]);
    const ids = stdout.split("\n").filter(Boolean);
    if (ids.length > 0) await this.run(["rm", "-f", ...ids]);
  }

  /** The image's inspect document. */
  async inspect(name: string) {
    return JSON.parse((await this.succeed(["inspect", name])).stdout)[0];
  }

  /** Runs a shell line in an image and gives what it printed. */
  async shell(image: string, line: string): Promise<string> {
    return (await this.succeed(["run", "--rm", "--entrypoint", "/bin/sh", image, "-c", line])).stdout;
  }
}

/** The workshop of a test file, as root or whoever runs the tests. */
export function useWorkshop(options: { readonly rootless?: boolean } = {}): { readonly it: Workshop } {
  const holder: { it: Workshop } = { it: undefined as never };
  beforeAll(async () => {
    holder.it = new Workshop(options.rootless ? await asUser() : undefined);
    // Through standard input: an ordinary user cannot read the cached file.
    await holder.it.succeed(["import", "-", "busybox"], { input: readFileSync(await busyboxRootfs()) });
  });
  afterAll(async () => {
    await holder.it?.endContainers();
    holder.it?.remove();
  });
  return holder;
}

/** The state that plain progress ends a step with: CACHED, DONE, ERROR …, by a part of the step's name. */
export function stateOf(progress: string, name: string): string | undefined {
  const number = progress
    .split("\n")
    .find((line) => /^#\d+ \[/.test(line) && line.includes(name))
    ?.match(/^#\d+/)?.[0];
  if (!number) return undefined;
  const lines = progress.split("\n").filter((line) => line.startsWith(`${number} `));
  return lines.map((line) => /^#\d+ (CACHED|DONE|ERROR|CANCELED)/.exec(line)?.[1]).find(Boolean);
}

/** Why a step missed, by a part of its name. */
export function missOf(progress: string, name: string): string | undefined {
  const number = progress
    .split("\n")
    .find((line) => /^#\d+ \[/.test(line) && line.includes(name))
    ?.match(/^#\d+/)?.[0];
  return progress
    .split("\n")
    .find((line) => line.startsWith(`${number} MISS `))
    ?.slice(`${number} MISS `.length);
}
