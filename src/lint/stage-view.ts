import type { Instruction, ParsedStage } from "../dockerfile/instructions.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { ShellCommand } from "../shell/commands.ts";

export type StageInstruction = Exclude<Instruction, { readonly kind: "FROM" }>;

/** An instruction as rules look at it. Values are filled in; undefined where a variable has no value that is known. */
export interface Step {
  /** As written. */
  readonly written: StageInstruction;
  /** The same, or what an ONBUILD fires. */
  readonly instruction: StageInstruction;
  readonly isTrigger: boolean;
  /** Who is in force ahead of it: what the last USER of the chain says; undefined where none does, or it is not known. */
  readonly user: string | undefined;
  /** Absolute; undefined where it is not known. */
  readonly workdir: string | undefined;
  /** Of a RUN, where a shell reads it that is known; else none. */
  readonly commands: readonly ShellCommand[];
  /** Of COPY and ADD. */
  readonly sources: readonly (string | undefined)[];
  readonly destination: string | undefined;
  /** Of USER. */
  readonly newUser: string | undefined;
}

/** A stage with what is known about it. */
export interface StageView {
  readonly index: number;
  readonly parsed: ParsedStage;
  /** What FROM names, variables filled in; undefined where that is not known. */
  readonly base: string | undefined;
  readonly parent: StageView | undefined;
  /** The config of the base, where it could be looked up; empty of scratch. */
  readonly baseConfig: ContainerConfig | undefined;
  readonly steps: readonly Step[];
  /** Its layers are in the result: the target, or what it is based on. */
  isShipped: boolean;
  readonly isTarget: boolean;
  /** What is in force behind the last instruction; as in a step. */
  readonly end: Pick<Step, "user" | "workdir">;
  /** Names that ARG declares here. */
  readonly args: ReadonlySet<string>;
  /** Names that ENV sets, here or in what it is based on. */
  readonly env: ReadonlySet<string>;
}

/** The stage and what it is based on in the file, from below upwards. */
export function* lineage(stage: StageView): Generator<StageView> {
  for (let at: StageView | undefined = stage; at; at = at.parent) yield at;
}

/** Whether all that the stage begins with is known. */
export function isBaseKnown(stage: StageView): boolean {
  return [...lineage(stage)].at(-1)?.baseConfig !== undefined;
}

/** Whether this is root, by name or number; the group does not matter. */
export function isRoot(user: string): boolean {
  const [name = ""] = user.split(":", 1);
  return name === "root" || /^0+$/.test(name);
}
