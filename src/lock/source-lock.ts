import type { GitSource } from "../context/git-url.ts";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Reference } from "../image/reference.ts";
import type { GitEntry, ImageEntry, LockEntries, LockSection, UrlEntry } from "./lock-entries.ts";
import { AS_IT_IS, type ConcealName, gitName, imageName, namesCommit, urlName } from "./source-names.ts";

/** A source that neither the lock nor the Dockerfile pins. */
export interface UnlockedSource {
  readonly section: LockSection;
  readonly name: string;
}

/** Told of each unlocked source that is asked for; may throw. */
export type OnUnlocked = (source: UnlockedSource) => void;

/** A lock as a build asks it: what a name stands for. */
export class SourceLock {
  /** For messages. */
  readonly file: string;
  readonly entries: LockEntries;
  /** What names are in the lock. */
  readonly conceal: ConcealName;
  readonly #onUnlocked: OnUnlocked;
  readonly #used = new Set<string>();

  constructor(file: string, entries: LockEntries, onUnlocked: OnUnlocked, conceal = AS_IT_IS) {
    this.file = file;
    this.entries = entries;
    this.conceal = conceal;
    this.#onUnlocked = onUnlocked;
  }

  /** How many sources were taken as the lock has them. */
  get used(): number {
    return this.#used.size;
  }

  image(reference: Reference): ImageEntry | undefined {
    return this.#entry("images", imageName(reference), reference.digest !== undefined);
  }

  /** `isPinned`: the Dockerfile says the checksum. */
  url(url: string, isPinned: boolean): UrlEntry | undefined {
    return this.#entry("urls", urlName(url), isPinned);
  }

  git(source: GitSource): GitEntry | undefined {
    return this.#entry("git", gitName(source), namesCommit(source));
  }

  #entry<S extends LockSection>(
    section: S,
    written: string,
    isPinned: boolean,
  ): LockEntries[S][string] | undefined {
    const name = this.conceal(written);
    const table = this.entries[section];
    if (Object.hasOwn(table, name)) {
      this.#used.add(`${section} ${name}`);
      return table[name] as LockEntries[S][string];
    }
    if (!isPinned) this.#onUnlocked({ section, name });
    return undefined;
  }
}

export const SOURCE_WORDS: Readonly<Record<LockSection, string>> = {
  images: "the image",
  urls: "the URL",
  git: "the git source",
};

/** What `--locked` says of a source that the lock does not have. */
export function unlockedError(
  file: string,
  entries: LockEntries,
  { section, name }: UnlockedSource,
): SlipwayError<"LOCK_INCOMPLETE"> {
  const near = namesakes(Object.keys(entries[section]), name);
  const instead = near.length === 0 ? "" : `: it has ${near.join(", ")} instead`;
  return new SlipwayError("LOCK_INCOMPLETE", `${SOURCE_WORDS[section]} ${name} is not in ${file}${instead}`, {
    hint: "bring the lock up to date with slipway lock, with the same arguments",
    facts: { file, section, name },
  });
}

/** Entries that are probably what the Dockerfile said before: the same image, address or repository. */
function namesakes(names: readonly string[], wanted: string): readonly string[] {
  const trunk = (name: string) => name.replace(/@.*$|#.*$|\?.*$/s, "").replace(/:[^/:]*$/, "");
  return names.filter((name) => name !== wanted && trunk(name) === trunk(wanted)).slice(0, 3);
}

/** What is said where a source is not what the lock promises. */
export function driftError(
  file: string,
  { section, name }: UnlockedSource,
  { promised, found, cause }: { readonly promised: string; readonly found: string; readonly cause?: unknown },
): SlipwayError<"LOCK_DRIFTED"> {
  return new SlipwayError(
    "LOCK_DRIFTED",
    `${SOURCE_WORDS[section]} ${name} is not what ${file} says: ${found}, and not ${promised}`,
    {
      hint: `if the change is wanted, take it with slipway lock --update ${name}`,
      facts: { file, section, name, promised, found },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** The digest of an image's manifest for a platform is the one that the lock names for it. Throws `LOCK_DRIFTED`. */
export function checkPlatformDigest(
  file: string,
  name: string,
  { platforms }: ImageEntry,
  { platform, manifest }: { readonly platform: string; readonly manifest: Digest },
): void {
  const promised = Object.hasOwn(platforms, platform) ? platforms[platform] : undefined;
  if (promised === manifest) return;
  throw driftError(
    file,
    { section: "images", name },
    {
      promised: promised ?? `none for ${platform}`,
      found: `its index has ${manifest} for ${platform}`,
    },
  );
}
