import type { ArgInstruction } from "../dockerfile/instructions.ts";
import type { Environment } from "./environment.ts";
import { type EscapeCharacter, expandText } from "./expansion.ts";
import { located } from "./located.ts";

/** What the global scope is evaluated from. */
export interface GlobalScopeRequest {
  /** The predefined variables (SPEC SC-01). */
  readonly start: Environment;
  readonly args: readonly ArgInstruction[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly escape: EscapeCharacter;
}

/**
 * The global scope after the ARGs before the first FROM. A build-arg replaces a default, which is then not even looked at
 * (SPEC SC-03); an ARG with neither stays unset, unless an earlier one set it (SC-04). Throws EXPANSION_FAILED.
 */
export function evaluateGlobalArgs(request: GlobalScopeRequest): Environment {
  const { buildArgs, escape } = request;
  const env = new Map(request.start);
  for (const instruction of request.args) {
    for (const { key, value } of instruction.args) {
      const result =
        buildArgs.get(key) ??
        (value === undefined
          ? undefined
          : located(instruction.source, () => expandText(value, env, escape).text));
      if (result !== undefined) env.set(key, result);
    }
  }
  return env;
}

/** Names that the global scope declares, set or not. */
export function globalNames(env: Environment, args: readonly ArgInstruction[]): ReadonlySet<string> {
  return new Set([...env.keys(), ...args.flatMap((instruction) => instruction.args.map(({ key }) => key))]);
}
