/** What was done to one path of the image, or was left on purpose. */
export interface HardenChange {
  readonly action: "strip" | "remove" | "write" | "keep";
  /** Absolute, in the image. */
  readonly path: string;
  /** What it lent, or was: `setuid`, `cap_net_raw=ep`, `shell`, `account`. */
  readonly what: string;
  /** Permission bits before and after, in octal; of what was stripped. */
  readonly mode?: string;
  readonly newMode?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The layer that it is in; 0 is the lowest. */
  readonly layer?: number;
  /** The step that made the layer; absent for those of the base. */
  readonly step?: string;
  /** `in-place`: the layer was made anew. `final-layer`: one on top of all has what changed. */
  readonly place?: "in-place" | "final-layer";
}

/** The account that the image runs as. */
export interface HardenUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Whether it was made here, or was in the image already. */
  readonly isNew: boolean;
}

/** What hardening came to. */
export interface HardenReport {
  readonly profile: string;
  /** Only where the build has several. */
  readonly platform?: string;
  /** Present where the image had no user. */
  readonly user?: HardenUser;
  readonly changes: readonly HardenChange[];
  /** What may not work any more, and what was left. */
  readonly warnings: readonly string[];
}
