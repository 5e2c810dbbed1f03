import { closeSync, ftruncateSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describeSystemError, systemErrorCode } from "../../core/errors.ts";
import { readFileIfThere } from "../../store/atomic-file.ts";
import { isGone, type Owner } from "../../store/owner.ts";
import { makeFolders } from "../../sys/make-folders.ts";

/** A container on the private network. Plain data. */
export interface Member {
  readonly id: string;
  readonly address: string;
  /** What others call it. */
  readonly names: readonly string[];
  /** The process that runs it. */
  readonly owner: Owner;
  /** Its /etc/hosts on this machine. */
  readonly hosts: string;
  /** What stands there besides the other members. */
  readonly text: string;
}

/** Who is on the network: a file each. For whoever holds the network's lock. */
export class Members {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  list(): readonly Member[] {
    return filesIn(this.#folder).flatMap((name) => {
      const bytes = readFileIfThere(join(this.#folder, name));
      return bytes ? [JSON.parse(bytes.toString("utf8")) as Member] : [];
    });
  }

  /** Those whose process was killed before it could say goodbye. */
  lost(): readonly Member[] {
    return this.list().filter(({ owner }) => isGone(owner));
  }

  add(member: Member): void {
    makeFolders(this.#folder, 0o700);
    writeFileSync(join(this.#folder, member.id), JSON.stringify(member), { mode: 0o600 });
  }

  remove({ id }: Pick<Member, "id">): void {
    rmSync(join(this.#folder, id), { force: true });
  }

  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Tells every member the names of the others. Programs look into /etc/hosts anew for each name, so that it counts at once. Where one
   * cannot be told, the others are all the same, and the first failure is thrown.
   */
  tellNames(): void {
    const all = this.list();
    const lines = all.map(({ address, names }) => `${address}\t${names.join(" ")}\n`).join("");
    const failures = all.flatMap(({ hosts, text }) => rewrite(hosts, text + lines) ?? []);
    if (failures.length > 0)
      throw describeSystemError(failures[0], "telling a container the names of others");
  }
}

/** The same file, because that is what is mounted. It is never empty in between. Gives what went wrong. */
function rewrite(path: string, text: string): unknown {
  try {
    const fd = openSync(path, "r+");
    try {
      const bytes = Buffer.from(text);
      writeSync(fd, bytes, 0, bytes.length, 0);
      ftruncateSync(fd, bytes.length);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    // That container has just ended.
    if (systemErrorCode(error) !== "ENOENT") return error;
  }
  return undefined;
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}
