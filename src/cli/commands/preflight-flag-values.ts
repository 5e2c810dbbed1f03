/** Flags of `preflight script` as commander gives them. */
export interface ScriptFlags {
  readonly file: string;
  readonly output?: string;
  readonly strict?: boolean;
}

/** Flags of `preflight check`. */
export interface CheckFlags {
  readonly format: string;
}
