import { DEFAULT_PATH } from "../core/default-path.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Instruction } from "../dockerfile/instructions.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import type { ContainerConfig } from "../image/config.ts";

/** The configuration that `--change` instructions make, as for `docker import`: literal values, no variables. */
export function configFromChanges(changes: readonly string[]): ContainerConfig {
  return changedConfig({ Env: [`PATH=${DEFAULT_PATH}`] }, changes);
}

/** The same over a configuration that is there (`docker commit --change`). */
export function changedConfig(before: ContainerConfig, changes: readonly string[]): ContainerConfig {
  const parsed = parseDockerfile(`FROM scratch\n${changes.join("\n")}\n`, "--change");
  let config = before;
  for (const instruction of parsed.stages[0]!.instructions) config = apply(config, instruction);
  return config;
}

function apply(config: ContainerConfig, instruction: Instruction): ContainerConfig {
  switch (instruction.kind) {
    case "CMD":
      return { ...config, Cmd: argvOf(instruction.command) };
    case "ENTRYPOINT":
      return { ...config, Entrypoint: argvOf(instruction.command) };
    case "ENV": {
      const own = new Set(instruction.pairs.map(({ key }) => key));
      const kept = (config.Env ?? []).filter((pair) => !own.has(pair.split("=", 1)[0]!));
      return {
        ...config,
        Env: [...kept, ...instruction.pairs.map(({ key, value }) => `${key}=${unquote(value)}`)],
      };
    }
    case "LABEL":
      return {
        ...config,
        Labels: {
          ...config.Labels,
          ...Object.fromEntries(instruction.pairs.map(({ key, value }) => [unquote(key), unquote(value)])),
        },
      };
    case "EXPOSE":
      return {
        ...config,
        ExposedPorts: {
          ...config.ExposedPorts,
          ...Object.fromEntries(
            instruction.ports.map((port) => [port.includes("/") ? port : `${port}/tcp`, {}]),
          ),
        },
      };
    case "USER":
      return { ...config, User: instruction.user };
    case "VOLUME":
      return {
        ...config,
        Volumes: {
          ...config.Volumes,
          ...Object.fromEntries(instruction.volumes.map((volume) => [volume, {}])),
        },
      };
    case "WORKDIR":
      return { ...config, WorkingDir: instruction.path };
    default:
      throw new SlipwayError("USAGE", `${instruction.kind} is not allowed in --change`, {
        hint: "use CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME or WORKDIR",
      });
  }
}

function argvOf(
  command: { form: "shell"; command: string } | { form: "exec"; argv: readonly string[] },
): readonly string[] {
  return command.form === "exec" ? command.argv : ["/bin/sh", "-c", command.command];
}

function unquote(text: string): string {
  return text.replace(/^"(.*)"$|^'(.*)'$/s, "$1$2");
}
