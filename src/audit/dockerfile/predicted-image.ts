import type { EscapeCharacter } from "../../dockerfile/directives.ts";
import { expandWord } from "../../dockerfile/expand.ts";
import { appendHeredocs } from "../../dockerfile/heredoc.ts";
import type { CommandLine } from "../../dockerfile/instructions.ts";
import type { ContainerConfig } from "../../image/config.ts";
import type { Step } from "../origins.ts";
import { withoutSecrets } from "../secret-text.ts";
import type { AuditedInstruction, AuditedStage } from "./audited-dockerfile.ts";

/** What a stage will have in its configuration and history, as far as the Dockerfile tells. */
export interface PredictedImage {
  readonly config: ContainerConfig;
  readonly steps: readonly Step[];
  /** All that the configuration begins with is known. */
  readonly isBaseKnown: boolean;
}

/** With what the stages below it set, and the base's configuration where it is known. */
export function predictImage(stage: AuditedStage, escape: EscapeCharacter): PredictedImage {
  const below = stage.parent ? predictImage(stage.parent, escape) : predictBase(stage);
  const own = predictStage(stage, escape, below.config);
  return { ...below, config: own.config, steps: [...below.steps, ...own.steps] };
}

function predictBase({ base, baseConfig }: AuditedStage): PredictedImage {
  return {
    config: baseConfig ?? {},
    steps: [],
    isBaseKnown: baseConfig !== undefined || base === "scratch",
  };
}

/** What the stage's own instructions make of a configuration. */
export function predictStage(
  { steps }: AuditedStage,
  escape: EscapeCharacter,
  from: ContainerConfig = {},
): Omit<PredictedImage, "isBaseKnown"> {
  let config = from;
  for (const step of steps) config = { ...config, ...changes(step, config, escape) };
  return { config, steps: steps.map(({ written }) => stepOf(written)) };
}

function changes(
  { written, newUser }: AuditedInstruction,
  before: ContainerConfig,
  escape: EscapeCharacter,
): ContainerConfig {
  switch (written.kind) {
    case "USER":
      // A name that is not known is some name.
      return { User: newUser ?? written.user };
    case "ENTRYPOINT":
      return { Entrypoint: wordsOf(written.command, before) };
    case "SHELL":
      return { Shell: written.shell };
    case "HEALTHCHECK":
      return { Healthcheck: { Test: written.test } };
    case "ENV": {
      const pairs = written.pairs.map(
        ({ key, value }) => [plain(key, escape), plain(value, escape)] as const,
      );
      const names = new Set(pairs.map(([name]) => `${name}=`));
      const kept = (before.Env ?? []).filter((pair) => !names.has(pair.slice(0, pair.indexOf("=") + 1)));
      return { Env: [...kept, ...pairs.map(([name, value]) => `${name}=${value}`)] };
    }
    case "LABEL": {
      const pairs = written.pairs.map(({ key, value }) => [plain(key, escape), plain(value, escape)]);
      return { Labels: { ...before.Labels, ...Object.fromEntries(pairs) } };
    }
    default:
      return {};
  }
}

function wordsOf(command: CommandLine, { Shell }: ContainerConfig): readonly string[] {
  if (command.form === "exec") return command.argv;
  return [...(Shell?.length ? Shell : ["/bin/sh", "-c"]), command.command];
}

/** Quotes removed; variables stay as they are written: a reference is no secret. */
function plain(text: string, escape: EscapeCharacter): string {
  try {
    return expandWord(text, (name) => `\${${name}}`, { escape }).value;
  } catch {
    return text;
  }
}

/** The instruction as the history would have it, here-documents included. */
export function stepOf(instruction: AuditedInstruction["written"]): Step {
  const { kind, keyword, text, source } = instruction;
  const whole = "heredocs" in instruction ? appendHeredocs(text, instruction.heredocs) : text;
  return {
    text: `${kind}${whole.slice(keyword.length)}`,
    place: `line ${source.start}`,
    origin: { instruction: withoutSecrets(`${kind}${text.slice(keyword.length)}`), source },
  };
}
