import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, inject } from "vitest";
import { madeOnce } from "./cached-file.ts";
import { type CliOptions, runCli, runCliOrFail } from "./cli.ts";
import { prepareStoreHome } from "./program-cache.ts";
import { debianRootfs } from "./root-filesystems.ts";
import { PROJECT_ROOT } from "./source-tree.ts";
import type { CommandResult } from "./tools.ts";

/** `slipway` in the checkout, with a store that has `debian:bookworm` and is removed after the run. */
export interface ExampleStore {
  readonly run: (args: readonly string[], options?: Partial<CliOptions>) => Promise<CommandResult>;
  readonly succeed: (args: readonly string[], options?: Partial<CliOptions>) => Promise<CommandResult>;
  /** What `slipway inspect` says about an image. */
  readonly inspect: (image: string) => Promise<InspectedImage>;
}

export interface InspectedImage {
  readonly Config: Readonly<Record<string, unknown>>;
  readonly Descriptor: { readonly digest: string };
  readonly RootFS: { readonly Layers: readonly string[] };
}

/** To be called at the top of a suite. One store for all: taking in its base costs more than most examples do. */
export function useExampleStore(): ExampleStore {
  const home = join(inject("shared"), "examples");
  const options = { home, cwd: PROJECT_ROOT };
  beforeAll(async () => {
    await madeOnce(`${home}.ready`, async (file) => {
      prepareStoreHome(home);
      await runCliOrFail(["import", await debianRootfs(), "debian:bookworm"], options);
      writeFileSync(file, "");
    });
  });
  return {
    run: (args, more) => runCli(args, { ...options, ...more }),
    succeed: (args, more) => runCliOrFail(args, { ...options, ...more }),
    inspect: async (image) => {
      const { stdout } = await runCliOrFail(["inspect", image], options);
      return (JSON.parse(stdout) as InspectedImage[])[0]!;
    },
  };
}

/** Plain progress cut into steps: the lines of each, joined. */
export function stepsOf(progress: string): string[] {
  const steps = new Map<string, string>();
  for (const line of progress.split("\n")) {
    const number = /^#(\d+) /.exec(line)?.[1];
    if (number) steps.set(number, `${steps.get(number) ?? ""}${line}\n`);
  }
  return [...steps.values()];
}

/** Packages are downloaded and a compiler is installed: minutes on a slow line. */
export const SLOW = 600_000;
