import type { Base } from "./base.ts";
import type { BenchRegistry } from "./registry.ts";

/** What all workloads share. */
export interface Site {
  /** The checkout. */
  readonly root: string;
  /** A folder for what is temporary; everybody may enter it. */
  readonly folder: string;
  /** The script with the loops that show what the machine can do. */
  readonly floorProgram: string;
  readonly registry: BenchRegistry;
  readonly base: Base;
  /** Reference of the base in the registry. */
  readonly baseImage: string;
}
