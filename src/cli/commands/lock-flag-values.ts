/** Flags of `lock` as commander gives them. */
export interface LockFlags {
  readonly file?: string;
  readonly buildArg: readonly string[];
  readonly buildContext: readonly string[];
  readonly target: readonly string[];
  readonly platform: readonly string[];
  readonly secret: readonly string[];
  readonly ssh: readonly string[];
  readonly lockFile?: string;
  /** true where no name is given. */
  readonly update?: true | readonly string[];
  readonly verify?: boolean;
  readonly offline?: boolean;
  readonly format: "text" | "json";
}
