import { resolvePath } from "../../layer/resolve.ts";
import { baseName, type ChangeSet, childPath, parentPath } from "../copy/change-set.ts";

/** Bounds the memory that an archive of many folders takes. */
const MOST_KNOWN = 4096;

/**
 * Where the members of an archive go: their parents below the destination, links on the way resolved inside the root. What was found
 * for one member is known for the next, so that each costs what is new about it, however deep it lies.
 */
export class MemberParents {
  readonly #changes: ChangeSet;
  readonly #destination: string;
  readonly #known = new Map<string, string>();

  constructor(changes: ChangeSet, destination: string) {
    this.#changes = changes;
    this.#destination = destination;
  }

  /** `name`: of a folder in the archive, cleaned. The caller makes the result, where it is not there. */
  resolve(name: string): string {
    const unknown: string[] = [];
    let known = name;
    while (known !== "" && !this.#known.has(known)) {
      unknown.push(known);
      known = parentPath(known);
    }
    let at = known === "" ? this.#destination : this.#known.get(known)!;
    if (this.#known.size + unknown.length > MOST_KNOWN) this.#known.clear();
    for (const next of unknown.reverse()) {
      at = this.#step(childPath(at, baseName(next)));
      this.#known.set(next, at);
    }
    return at;
  }

  /** Call it before a member is put where something is: a link or a folder that goes may have led somewhere. */
  beforePut(path: string): void {
    const type = this.#changes.lookup(path)?.type;
    if (type === "symlink" || type === "dir") this.#known.clear();
  }

  #step(path: string): string {
    if (this.#changes.lookup(path)?.type !== "symlink") return path;
    return resolvePath(this.#changes, path, { followLast: true }).path;
  }
}
