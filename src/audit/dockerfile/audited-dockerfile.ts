import type { Instruction, ParsedDockerfile, ParsedStage } from "../../dockerfile/instructions.ts";
import type { ContainerConfig } from "../../image/config.ts";

/** An instruction of a stage. */
export interface AuditedInstruction {
  readonly written: Exclude<Instruction, { readonly kind: "FROM" }>;
  /** Of COPY and ADD, variables filled in; undefined where one has no value that is known. */
  readonly sources: readonly (string | undefined)[];
  /** Of USER, likewise. */
  readonly newUser: string | undefined;
}

/** A stage. */
export interface AuditedStage {
  readonly parsed: ParsedStage;
  /** The stage that it is based on. */
  readonly parent: AuditedStage | undefined;
  /** What FROM names, variables filled in. */
  readonly base: string | undefined;
  /** The config of the base, where it could be looked up. */
  readonly baseConfig: ContainerConfig | undefined;
  readonly steps: readonly AuditedInstruction[];
  /** It is the result of the build. */
  readonly isTarget: boolean;
}

/** What an instruction takes from elsewhere. */
export interface RemoteSource {
  readonly kind: "url" | "git" | "image";
  readonly text: string;
  readonly checksum: string | undefined;
}

/** A Dockerfile, as rules look at it. */
export interface AuditedDockerfile {
  readonly dockerfile: ParsedDockerfile;
  readonly stages: readonly AuditedStage[];
  /** Whether the Dockerfile or its lock says which bytes a source is. */
  readonly isPinned: (source: RemoteSource) => boolean;
}
