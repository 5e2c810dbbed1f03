import { SlipwayError } from "../core/errors.ts";
import type { LockChange } from "../lock/lock-diff.ts";
import type { LockEntries } from "../lock/lock-entries.ts";
import type { BuildOptions } from "./build-options.ts";

/** What `lock` takes; what decides about the sources of a build means the same as there. */
export interface LockOptions
  extends Pick<
    BuildOptions,
    | "context"
    | "file"
    | "stdin"
    | "dockerfile"
    | "platforms"
    | "buildContexts"
    | "secrets"
    | "ssh"
    | "lockFile"
    | "offline"
    | "signal"
  > {
  /** An argument with several values stands for several builds: the lock has the sources of all of them. */
  readonly buildArgs?: Readonly<Record<string, string | readonly string[]>>;
  /** Default: every stage with a name, and the last one. */
  readonly targets?: readonly string[];
  /** true: ask anew for everything; else for the entries of these names. Without it what the lock has stays as it is. */
  readonly update?: boolean | readonly string[];
  /** Write nothing: say only what an update of everything would change. */
  readonly verify?: boolean;
  readonly onWarning?: (message: string) => void;
}

export interface LockResult {
  /** The lock, as messages call it. */
  readonly file: string;
  readonly entries: LockEntries;
  /** What was changed; with `verify`, what is not as the lock says. */
  readonly changes: readonly LockChange[];
}

/** More builds than these are hardly meant. */
const MOST_COMBINATIONS = 64;

/** Every choice of one value for each argument. Throws `USAGE` where there are too many. */
export function argumentChoices(
  args: LockOptions["buildArgs"] = {},
): readonly Readonly<Record<string, string>>[] {
  let choices: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [name, given] of Object.entries(args)) {
    const values = typeof given === "string" ? [given] : [...new Set(given)];
    choices = choices.flatMap((choice) => values.map((value) => ({ ...choice, [name]: value })));
    if (choices.length > MOST_COMBINATIONS)
      throw new SlipwayError(
        "USAGE",
        `the values of the build arguments make more than ${MOST_COMBINATIONS} combinations`,
        { hint: "lock them one after another with --lock-file, one file for each" },
      );
  }
  return choices;
}
