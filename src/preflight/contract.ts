import type { Template } from "./template.ts";

/** What an image presumes of the place where it is started. The order of conditions is that of the file. */
export interface Contract {
  readonly env: readonly VariableRule[];
  readonly files: readonly FileRule[];
  readonly volumes: readonly VolumeRule[];
  readonly hosts: readonly HostRule[];
  readonly tcp: readonly EndpointRule[];
  readonly ports: readonly PortRule[];
  readonly user?: UserRule;
  readonly root?: RootRule;
  readonly memory?: FloorRule;
  readonly cpus?: FloorRule;
}

interface Rule {
  /** What the author says is to be done where the condition does not hold. */
  readonly hint?: string;
}

export interface VariableRule extends Rule {
  readonly name: string;
  readonly required: boolean;
  readonly allowEmpty: boolean;
  /** A regular expression for the whole value. */
  readonly pattern?: string;
  readonly oneOf?: readonly string[];
  /** Its value appears in no message. */
  readonly secret: boolean;
}

export type FileType = "file" | "dir" | "socket" | "link" | "any";
export type Access = "read" | "write" | "execute";

export interface FileRule extends Rule {
  readonly path: Template;
  /** Called a secret in messages. */
  readonly secret: boolean;
  readonly required: boolean;
  readonly type: FileType;
  /** Exactly these permission bits. */
  readonly mode?: number;
  /** No permission bits but these. */
  readonly maxMode?: number;
  /** Name or number. */
  readonly owner?: string;
  readonly group?: string;
  /** What the container's user must be able to do with it. */
  readonly access: readonly Access[];
  readonly nonEmpty: boolean;
}

export interface VolumeRule extends Rule {
  readonly path: string;
  /** `rw`: its user can write; `ro`: nobody can. */
  readonly access: "any" | "rw" | "ro";
}

export interface HostRule extends Rule {
  readonly name: Template;
  /** The name is another container's. */
  readonly isLink: boolean;
}

export interface EndpointRule extends Rule {
  readonly host: Template;
  readonly port: Template;
  /** Whole seconds in which it has to answer; 0: at once. */
  readonly within: number;
}

export interface PortRule extends Rule {
  readonly port: Template;
  readonly protocol: "tcp" | "udp";
}

export interface UserRule extends Rule {
  /** Names or numbers, one of which it must be; empty: any. */
  readonly is: readonly string[];
  readonly isNot: readonly string[];
}

export interface RootRule extends Rule {
  readonly readOnly: boolean;
}

/** Bytes of memory, or thousandths of a processor. */
export interface FloorRule extends Rule {
  readonly least: number;
  /** As it was written. */
  readonly text: string;
}
