import { symlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Short names for directories: symbolic links in one folder. They keep the options of an overlay mount within the page that the
 * kernel takes, and free of the characters that overlayfs reads as its own. Overlays that share an object share the links, so
 * that each layer of a build gets one link, and not one for every later step.
 */
export class ShortLinks {
  readonly #folder: () => string;
  readonly #names = new Map<string, string>();
  #path: string | undefined;

  /** `folder` gives an empty directory; it is called when the first link is needed. */
  constructor(folder: () => string) {
    this.#folder = folder;
  }

  /** The directory that the names are relative to. */
  get folder(): string {
    this.#path ??= this.#folder();
    return this.#path;
  }

  /** The folder, where one was needed. */
  get made(): string | undefined {
    return this.#path;
  }

  /** The link to an absolute path; at most three characters for the first 46,656. */
  nameOf(path: string): string {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    const name = this.#names.size.toString(36);
    symlinkSync(path, join(this.folder, name));
    this.#names.set(path, name);
    return name;
  }
}
