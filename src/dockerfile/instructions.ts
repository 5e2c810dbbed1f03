import type { SourceRange } from "../core/source-range.ts";
import type { LintSettings } from "./lint-settings.ts";
import type { LintWarning } from "./linter.ts";

/** A here-document (SPEC LX-36 to LX-45). `content` is verbatim, leading tabs not yet removed. */
export interface Heredoc {
  readonly name: string;
  readonly content: string;
  /** `<<-`: leading tabs are removed from every body line by whoever uses the body. */
  readonly chomp: boolean;
  /** False where the delimiter had a quote: the body is not expanded. */
  readonly expand: boolean;
  /** Descriptor number before `<<`, where one was written. */
  readonly fd?: number;
}

/** What every typed instruction carries. */
export interface InstructionBase {
  readonly source: SourceRange;
  /** The logical line as written (continuations joined), without heredoc bodies. */
  readonly text: string;
  /** The keyword as written (`run`, `RUN` …). */
  readonly keyword: string;
  /** Comment lines right above (SPEC LX-06). */
  readonly comments: readonly string[];
  /** The first of its lines that is not UTF-8, comments aside. */
  readonly undecodable?: SourceRange;
}

/** A command line in shell form (one string) or exec form (a list). */
export type CommandLine =
  | { readonly form: "shell"; readonly command: string }
  | { readonly form: "exec"; readonly argv: readonly string[] };

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** One `--mount=` of RUN (SPEC MT-01). */
export interface MountFlag {
  /** All fields as written, nothing expanded. */
  readonly text: string;
  /** The stage, image or context that it names; absent where it names none. */
  readonly from?: string;
}

export interface FromInstruction extends InstructionBase {
  readonly kind: "FROM";
  readonly image: string;
  /** Lowercased; absent where no AS was given. */
  readonly stageName?: string;
  readonly platform?: string;
}
export interface ArgInstruction extends InstructionBase {
  readonly kind: "ARG";
  /** In order; `value` undefined where no `=` was written. Quotes still in place. */
  readonly args: readonly { readonly key: string; readonly value: string | undefined }[];
}
export interface EnvInstruction extends InstructionBase {
  readonly kind: "ENV";
  readonly pairs: readonly KeyValue[];
  readonly legacy: boolean;
}
export interface LabelInstruction extends InstructionBase {
  readonly kind: "LABEL";
  readonly pairs: readonly KeyValue[];
  readonly legacy: boolean;
}
export interface RunInstruction extends InstructionBase {
  readonly kind: "RUN";
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  readonly mounts: readonly MountFlag[];
  readonly network: "default" | "none" | "host";
  readonly security: "sandbox" | "insecure";
  readonly devices: readonly string[];
}
export interface CopyInstruction extends InstructionBase {
  readonly kind: "COPY" | "ADD";
  /** Paths, and for ADD also URLs; heredoc openers are not among them. */
  readonly sources: readonly string[];
  readonly heredocs: readonly Heredoc[];
  readonly destination: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly excludes: readonly string[];
  /** COPY only. */
  readonly from?: string;
  /** ADD only. */
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}
export interface CommandInstruction extends InstructionBase {
  readonly kind: "CMD" | "ENTRYPOINT";
  readonly command: CommandLine;
}
export interface ExposeInstruction extends InstructionBase {
  readonly kind: "EXPOSE";
  readonly ports: readonly string[];
}
export interface VolumeInstruction extends InstructionBase {
  readonly kind: "VOLUME";
  readonly volumes: readonly string[];
}
export interface UserInstruction extends InstructionBase {
  readonly kind: "USER";
  readonly user: string;
}
export interface WorkdirInstruction extends InstructionBase {
  readonly kind: "WORKDIR";
  readonly path: string;
}
export interface StopSignalInstruction extends InstructionBase {
  readonly kind: "STOPSIGNAL";
  readonly signal: string;
}
export interface MaintainerInstruction extends InstructionBase {
  readonly kind: "MAINTAINER";
  readonly maintainer: string;
}
export interface ShellInstruction extends InstructionBase {
  readonly kind: "SHELL";
  readonly shell: readonly string[];
}
/** Durations in nanoseconds (as the image config stores them); 0 = inherit the runtime's default. */
export interface HealthcheckInstruction extends InstructionBase {
  readonly kind: "HEALTHCHECK";
  /** `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", text]`. */
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}
export interface OnbuildInstruction extends InstructionBase {
  readonly kind: "ONBUILD";
  /** The text stored in the image (heredoc bodies included, SPEC LX-45). */
  readonly trigger: string;
}

export type Instruction =
  | FromInstruction
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | CommandInstruction
  | ExposeInstruction
  | VolumeInstruction
  | UserInstruction
  | WorkdirInstruction
  | StopSignalInstruction
  | MaintainerInstruction
  | ShellInstruction
  | HealthcheckInstruction
  | OnbuildInstruction;

/** A parsed Dockerfile: the typed instructions in file order. */
export interface ParsedDockerfile {
  readonly file: string;
  readonly text: string;
  readonly escape: "\\" | "`";
  readonly directives: Readonly<Partial<Record<"syntax" | "escape" | "check", string>>>;
  /** ARGs before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly ParsedStage[];
  /** Which lint rules speak, from the `# check=` line or the build argument in its place. */
  readonly lint: LintSettings;
  readonly warnings: readonly LintWarning[];
}
export interface ParsedStage {
  readonly from: FromInstruction;
  readonly instructions: readonly Exclude<Instruction, FromInstruction>[];
}
