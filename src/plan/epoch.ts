import { SlipwayError } from "../core/errors.ts";
import type { EscapeCharacter } from "../dockerfile/directives.ts";
import type { ArgInstruction, CopyInstruction, ParsedStage } from "../dockerfile/instructions.ts";
import { Budget } from "./budget.ts";
import { classifySource } from "./copy-sources.ts";
import type { Environment } from "./environment.ts";
import { expandText } from "./expansion.ts";
import { invalidStage, located } from "./located.ts";
import type { EpochSource, PlanOptions } from "./options.ts";

export const EPOCH_ARG = "SOURCE_DATE_EPOCH";

/**
 * SOURCE_DATE_EPOCH in seconds: a number, or the time of the main context, of a named one, or of what a source-only stage
 * adds (SPEC EP-01, EP-02). Undefined where it is not set or the source has no time. Throws USAGE, STAGE_INVALID (EP-03).
 */
export async function resolveEpoch(
  globalArgs: Environment,
  options: PlanOptions,
): Promise<number | undefined> {
  const value = options.buildArgs.get(EPOCH_ARG) ?? globalArgs.get(EPOCH_ARG);
  if (!value) return undefined;
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  const source = epochSource(value, globalArgs, options);
  return options.sourceTime?.(source);
}

/** The variables with the epoch as a number, or without it where it could not be told (SPEC EP-04). */
export function withEpoch(
  variables: ReadonlyMap<string, string>,
  epoch: number | undefined,
): ReadonlyMap<string, string> {
  if (!variables.has(EPOCH_ARG)) return variables;
  if (epoch !== undefined) return new Map(variables).set(EPOCH_ARG, String(epoch));
  return new Map([...variables].filter(([key]) => key !== EPOCH_ARG));
}

function epochSource(value: string, globalArgs: Environment, options: PlanOptions): EpochSource {
  if (value === "context") return { kind: "context" };
  if (options.namedContexts.has(value)) return { kind: "named-context", name: value };
  const { stages, escape } = options.dockerfile;
  const stage = stages.findLast(({ from }) => from.stageName === value.toLowerCase());
  if (stage)
    return located(stage.from.source, () =>
      remoteSource(stage, { globalArgs, buildArgs: options.buildArgs, escape, budget: new Budget() }),
    );
  const declared = options.buildArgs.has(EPOCH_ARG) ? undefined : declarationOf(options.dockerfile);
  throw new SlipwayError("USAGE", `invalid ${EPOCH_ARG}: ${value}`, {
    hint: "give whole seconds since 1970, or `context`, or the name of a context or of a stage with one remote ADD",
    ...(declared ? { source: declared.source } : {}),
  });
}

/** The global ARG that gives the epoch a default. */
function declarationOf({ globalArgs }: PlanOptions["dockerfile"]): ArgInstruction | undefined {
  return globalArgs.findLast(({ args }) => args.some(({ key }) => key === EPOCH_ARG));
}

interface Scope {
  readonly globalArgs: Environment;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly escape: EscapeCharacter;
  readonly budget: Budget;
}

const STAGE_HINT = `a stage that ${EPOCH_ARG} names is FROM scratch, ARG, and one ADD of a URL or a repository`;

/** The one remote source of a stage that has nothing else (SPEC EP-03). */
function remoteSource(stage: ParsedStage, scope: Scope): EpochSource {
  if (stage.from.image !== "scratch")
    throw invalidStage(`${EPOCH_ARG} stage must use FROM scratch`, STAGE_HINT);
  const adds: CopyInstruction[] = [];
  for (const instruction of stage.instructions) {
    if (instruction.kind === "ADD") adds.push(instruction);
    else if (instruction.kind !== "ARG")
      throw invalidStage(
        `${EPOCH_ARG} stage does not meet source-only requirements: unsupported ${instruction.kind} instruction`,
        STAGE_HINT,
      );
  }
  const [add] = adds;
  if (!add || adds.length > 1)
    throw invalidStage(`${EPOCH_ARG} stage must contain exactly one remote ADD`, STAGE_HINT);
  const [written] = add.sources;
  if (written === undefined || add.sources.length + add.heredocs.length > 1)
    throw invalidStage(`${EPOCH_ARG} stage must contain exactly one remote ADD source`, STAGE_HINT);
  const env = stageArgs(stage, scope);
  const source = expandText(written, env, scope).text;
  if (classifySource(source) === "path")
    throw invalidStage(`${EPOCH_ARG} stage source must be a single HTTP(S) or Git ADD`, STAGE_HINT);
  const checksum = add.checksum ? expandText(add.checksum, env, scope).text : "";
  return { kind: "remote", source, ...(checksum ? { checksum } : {}) };
}

function stageArgs(stage: ParsedStage, scope: Scope): Environment {
  const { globalArgs, buildArgs } = scope;
  const env = new Map<string, string>();
  for (const instruction of stage.instructions) {
    if (instruction.kind !== "ARG") continue;
    for (const { key, value } of instruction.args) {
      const byDefault = value === undefined ? globalArgs.get(key) : expandText(value, env, scope).text;
      const result = buildArgs.get(key) ?? byDefault;
      if (result !== undefined) env.set(key, result);
    }
  }
  return env;
}
