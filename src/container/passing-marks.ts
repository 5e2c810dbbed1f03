import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../core/errors.ts";
import { makeFolders } from "../sys/make-folders.ts";

/**
 * A file for each container that removes itself at its end. The few that could not, because their monitor was killed, are found by it
 * without a look at all the others.
 */
export class PassingMarks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Notes a container that is there already: a mark without one is a leftover. Best effort: pruning finds it without a mark, too. */
  add(id: string): void {
    try {
      makeFolders(this.#folder, 0o700);
      writeFileSync(join(this.#folder, id), "", { mode: 0o600 });
    } catch {
      // A container that is made is no failure.
    }
  }

  /** Nothing where there is none. */
  remove(id: string): void {
    rmSync(join(this.#folder, id), { force: true });
  }

  list(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return [];
      throw error;
    }
  }
}
