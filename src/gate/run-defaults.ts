import type { ContainerConfig } from "../image/config.ts";
import { substitute } from "./substitute.ts";
import type { RunOptions, TestFile, TestVariable } from "./test-file.ts";
import type { TestRun } from "./tested-image.ts";

/** What all containers of one file have in common. */
export interface RunDefaults {
  readonly run: Omit<TestRun, "env" | "entrypoint" | "args">;
  /** `globalEnvVars`, and what `containerRunOptions` takes from our environment. */
  readonly env: readonly string[];
  /** Variables of one test as `K=V`. */
  expand(variables: readonly TestVariable[]): readonly string[];
}

export interface RunSurroundings {
  readonly variables: Readonly<Record<string, string>>;
  /** Lines `K=V` and `K` of a file of variables. */
  readonly readVariables: (path: string) => readonly string[];
}

/** Puts `globalEnvVars` and `containerRunOptions` together; values may name variables of the image. */
export function runDefaults(
  file: TestFile,
  config: ContainerConfig,
  surroundings: RunSurroundings,
): RunDefaults {
  const options: RunOptions = file.containerRunOptions ?? {};
  const expand = (variables: readonly TestVariable[]) =>
    variables.map(({ key, value = "" }) => `${key}=${substitute(value, config)}`);
  const passed = (name: string): string[] => {
    if (name.includes("=")) return [name];
    const value = surroundings.variables[name];
    return value === undefined ? [] : [`${name}=${value}`];
  };
  const fromFile = options.envFile === undefined ? [] : surroundings.readVariables(options.envFile);
  return {
    run: {
      network: options.network ?? "host",
      ...(options.user ? { user: options.user } : {}),
      tty: options.allocateTty ?? false,
      isPrivileged: options.privileged ?? false,
      capAdd: options.capabilities ?? [],
      bindMounts: options.bindMounts ?? [],
    },
    env: [...[...fromFile, ...(options.envVars ?? [])].flatMap(passed), ...expand(file.globalEnvVars ?? [])],
    expand,
  };
}
