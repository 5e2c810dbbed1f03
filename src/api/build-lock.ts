import { resolve } from "node:path";
import { findLock, type LockFile } from "../context/find-lock.ts";
import { SlipwayError } from "../core/errors.ts";
import { secretArguments } from "../leak/known-secret.ts";
import type { OnUnlocked, SourceLock } from "../lock/source-lock.ts";
import type { BuildOptions } from "./build-options.ts";

/** The lock of a build, read when it is first asked for; undefined where it has none. */
export type LockOf = () => Promise<SourceLock | undefined>;

/** Bytes of a lock that is read; the parser refuses what is larger than it allows. */
const READ_LIMIT = 5 << 20;

export interface LockPlace {
  readonly options: BuildOptions;
  readonly cwd: string;
  /** Told of what an existing lock does not have. */
  readonly notice: (message: string) => void;
}

/** Refuses options that contradict each other. Throws `USAGE`. */
export function checkLockOptions({ lock, lockFile, locked }: BuildOptions): void {
  if (lock !== false || !(locked || lockFile !== undefined)) return;
  const other = locked ? "--locked" : "--lock-file";
  throw new SlipwayError("USAGE", `--no-lock and ${other} cannot be used together`);
}

/** The lock that `lockFile` names. Throws `LOCK_INCOMPLETE` where it is not there, `LOCK_INVALID`. */
export async function namedLock(place: LockPlace): Promise<SourceLock | undefined> {
  const { lock, lockFile } = place.options;
  if (lock === false || lockFile === undefined) return undefined;
  const found = await findLock({ path: resolve(place.cwd, lockFile), name: lockFile, limit: READ_LIMIT });
  if (!found) throw noLock(`there is no lock ${lockFile}`);
  return openLock(found, place);
}

/** The lock beside the Dockerfile, which `find` looks for. Throws `LOCK_INCOMPLETE` where one is wanted and not there, `LOCK_INVALID`. */
export async function lockBeside(
  find: (limit: number) => Promise<LockFile | undefined>,
  dockerfile: string,
  place: LockPlace,
): Promise<SourceLock | undefined> {
  const { lock, locked } = place.options;
  const found = lock === false ? undefined : await find(READ_LIMIT);
  if (found) return openLock(found, place);
  if (locked) throw noLock(`there is no lock ${dockerfile}.lock, and --locked wants one`);
  return undefined;
}

async function openLock({ name, text }: LockFile, { options, notice }: LockPlace): Promise<SourceLock> {
  // Only who has a lock loads its reader.
  const { parseLock } = await import("../lock/parse-lock.ts");
  const { SourceLock, SOURCE_WORDS, unlockedError } = await import("../lock/source-lock.ts");
  const { concealing } = await import("../lock/source-names.ts");
  const entries = await parseLock(text, name);
  const onUnlocked: OnUnlocked = (source) => {
    if (options.locked) throw unlockedError(name, entries, source);
    notice(`${SOURCE_WORDS[source.section]} ${source.name} is not in ${name}: slipway lock adds it`);
  };
  if (options.pull) notice(`--pull moves nothing that ${name} names: slipway lock --update does`);
  return new SourceLock(name, entries, onUnlocked, concealing(secretArguments(options.buildArgs ?? {})));
}

function noLock(message: string): SlipwayError<"LOCK_INCOMPLETE"> {
  return new SlipwayError("LOCK_INCOMPLETE", message, { hint: "write it with slipway lock" });
}
