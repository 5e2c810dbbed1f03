import { posix } from "node:path";
import { isSlipwayError } from "../core/errors.ts";
import { appendHeredocs } from "../dockerfile/heredoc.ts";
import type { ParsedDockerfile, ParsedStage, RunInstruction } from "../dockerfile/instructions.ts";
import { parseOnbuildTrigger } from "../dockerfile/onbuild-trigger.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { ShellCommand } from "../shell/commands.ts";
import { argvCommands, isShell, scriptCommands } from "../shell/script-commands.ts";
import { lineage, type StageInstruction, type StageView, type Step } from "./stage-view.ts";
import { type ScopeSetting, scopeSetting, VariableScope } from "./variable-scope.ts";

export interface StageRequest {
  readonly dockerfile: ParsedDockerfile;
  readonly target?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Config of the image that a stage is based on, where it could be looked up; not asked for scratch. `base` is what FROM names, undefined where that is not known. */
  readonly baseConfig: (stage: number, base: string | undefined) => ContainerConfig | undefined;
}

/** Reads all stages of a file, in order. */
export function readStages(request: StageRequest): readonly StageView[] {
  const { dockerfile, buildArgs, target } = request;
  const setting = scopeSetting(dockerfile.escape, buildArgs);
  const globals = new VariableScope(setting);
  for (const instruction of dockerfile.globalArgs) globals.declare(instruction);
  const readers: StageReader[] = [];
  const byName = new Map<string, StageReader>();
  const wanted = target?.toLowerCase();
  const last = dockerfile.stages.length - 1;
  const found = wanted ? dockerfile.stages.findLastIndex(({ from }) => from.stageName === wanted) : last;
  dockerfile.stages.forEach((parsed, index) => {
    const base = globals.expand(parsed.from.image);
    const parent = base === undefined ? undefined : byName.get(base);
    const baseConfig = parent ? undefined : base === "scratch" ? {} : request.baseConfig(index, base);
    const isTarget = index === (found < 0 ? last : found);
    const reader = new StageReader({ parsed, index, base, parent, baseConfig, isTarget, globals, setting });
    reader.read();
    readers.push(reader);
    if (parsed.from.stageName !== undefined) byName.set(parsed.from.stageName, reader);
  });
  const views = readers.map(({ view }) => view);
  const result = views.find(({ isTarget }) => isTarget);
  if (result) for (const stage of lineage(result)) stage.isShipped = true;
  return views;
}

interface ReaderOptions {
  readonly parsed: ParsedStage;
  readonly index: number;
  readonly base: string | undefined;
  readonly parent: StageReader | undefined;
  readonly baseConfig: ContainerConfig | undefined;
  readonly isTarget: boolean;
  readonly globals: VariableScope;
  readonly setting: ScopeSetting;
}

class StageReader {
  readonly #scope: VariableScope;
  readonly #globals: VariableScope;
  readonly #steps: Step[] = [];
  readonly view: StageView;
  readonly #end: { user: string | undefined; workdir: string | undefined };
  #user: string | undefined;
  #workdir: string | undefined;
  #hasShell: boolean;

  constructor({ parsed, index, base, parent, baseConfig, isTarget, globals, setting }: ReaderOptions) {
    this.#globals = globals;
    this.#scope = new VariableScope(setting, parent ? parent.#scope.inherited() : envOf(baseConfig));
    this.#user = parent ? parent.#user : baseConfig?.User || undefined;
    this.#workdir = parent ? parent.#workdir : baseConfig && (baseConfig.WorkingDir || "/");
    this.#hasShell = parent ? parent.#hasShell : isShell(baseConfig?.Shell?.[0] ?? "/bin/sh");
    this.#end = { user: this.#user, workdir: this.#workdir };
    this.view = {
      index,
      parsed,
      base,
      parent: parent?.view,
      baseConfig,
      steps: this.#steps,
      isShipped: false,
      isTarget,
      end: this.#end,
      args: this.#scope.args,
      env: this.#scope.env,
    };
  }

  read(): void {
    for (const written of this.view.parsed.instructions) {
      const fired = written.kind === "ONBUILD" ? trigger(written.trigger, written) : undefined;
      this.#steps.push(this.#step(written, fired ?? written, fired !== undefined));
      this.#apply(written);
    }
    Object.assign(this.#end, { user: this.#user, workdir: this.#workdir });
  }

  #step(written: StageInstruction, instruction: StageInstruction, isTrigger: boolean): Step {
    const isCopy = instruction.kind === "COPY" || instruction.kind === "ADD";
    // What a trigger will see belongs to another build.
    const expand = (text: string) =>
      isTrigger ? (text.includes("$") ? undefined : text) : this.#scope.expand(text);
    return {
      written,
      instruction,
      isTrigger,
      user: this.#user,
      workdir: this.#workdir,
      commands: instruction.kind === "RUN" ? this.#commands(instruction) : [],
      sources: isCopy ? instruction.sources.map(expand) : [],
      destination: isCopy ? expand(instruction.destination) : undefined,
      newUser: instruction.kind === "USER" ? expand(instruction.user) : undefined,
    };
  }

  #commands({ command, heredocs }: RunInstruction): readonly ShellCommand[] {
    if (command.form === "exec") return argvCommands(command.argv);
    return this.#hasShell ? scriptCommands(appendHeredocs(command.command, heredocs)) : [];
  }

  #apply(instruction: StageInstruction): void {
    switch (instruction.kind) {
      case "ARG":
        this.#scope.declare(instruction, this.#globals);
        break;
      case "ENV":
        this.#scope.setEnv(instruction.pairs);
        break;
      case "USER":
        this.#user = this.#scope.expand(instruction.user);
        break;
      case "WORKDIR":
        this.#workdir = joined(this.#workdir, this.#scope.expand(instruction.path));
        break;
      case "SHELL":
        this.#hasShell = isShell(instruction.shell[0] ?? "");
        break;
      default:
    }
  }
}

function trigger(text: string, { source }: StageInstruction): StageInstruction | undefined {
  try {
    return parseOnbuildTrigger(text, source);
  } catch (error) {
    if (isSlipwayError(error) && error.code !== "INTERNAL") return undefined;
    throw error;
  }
}

function envOf(config: ContainerConfig | undefined): readonly (readonly [string, string])[] {
  return (config?.Env ?? []).map((entry) => {
    const at = entry.indexOf("=");
    return at < 0 ? ([entry, ""] as const) : ([entry.slice(0, at), entry.slice(at + 1)] as const);
  });
}

function joined(workdir: string | undefined, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  if (path.startsWith("/")) return posix.normalize(path);
  return workdir === undefined ? undefined : posix.join(workdir, path);
}
