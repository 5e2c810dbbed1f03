import type { ArgInstruction } from "../dockerfile/instructions.ts";
import type { Budget } from "./budget.ts";
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
  readonly budget: Budget;
}

/**
 * The global scope after the ARGs before the first FROM. A build-arg replaces a default, which is then not even looked at
 * (SPEC SC-03); an ARG with neither stays unset, unless an earlier one set it (SC-04). Throws EXPANSION_FAILED.
 */
export function evaluateGlobalArgs(request: GlobalScopeRequest): Environment {
  const env = new Map(request.start);
  for (const { key, value } of globalArgValues(request)) if (value !== undefined) env.set(key, value);
  return env;
}

/** A global ARG with what it comes to. */
export interface GlobalArgValue {
  readonly instruction: ArgInstruction;
  readonly key: string;
  readonly value: string | undefined;
  /** Variables that its default used. */
  readonly used: ReadonlySet<string>;
}

/** The ARGs before the first FROM in order, each evaluated after those before it. Throws EXPANSION_FAILED. */
export function* globalArgValues(request: GlobalScopeRequest): Iterable<GlobalArgValue> {
  const { start, args, buildArgs } = request;
  const env = new Map(start);
  for (const instruction of args)
    for (const { key, value: text } of instruction.args) {
      const given = buildArgs.get(key);
      const expanded =
        given === undefined && text !== undefined
          ? located(instruction.source, () => expandText(text, env, request))
          : undefined;
      const value = given ?? expanded?.text;
      if (value !== undefined) env.set(key, value);
      yield { instruction, key, value, used: expanded?.used ?? new Set() };
    }
}

/** Names that the global scope declares, set or not. */
export function globalNames(env: Environment, args: readonly ArgInstruction[]): ReadonlySet<string> {
  return new Set([...env.keys(), ...args.flatMap((instruction) => instruction.args.map(({ key }) => key))]);
}
