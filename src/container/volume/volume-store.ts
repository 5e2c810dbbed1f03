import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeSystemError, SlipwayError, systemErrorCode } from "../../core/errors.ts";
import { readFileIfThere } from "../../store/atomic-file.ts";
import { removeTree } from "../../store/remove-tree.ts";
import type { Store } from "../../store/store.ts";
import { makeFolders } from "../../sys/make-folders.ts";

/** What is known of a volume besides its files. */
export interface VolumeRecord {
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Made for one container, without a name of somebody's choice: it goes with `rm -v` and `--rm`. */
  readonly anonymous: boolean;
}

export interface Volume extends VolumeRecord {
  /** The folder that containers see. */
  readonly data: string;
  /** Lies there while the data is being copied from an image; see `seedLines`. */
  readonly seeding: string;
}

export interface NewVolume {
  readonly labels?: Readonly<Record<string, string>>;
  readonly anonymous?: boolean;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/;
const RECORD = "volume.json";

/** The volumes of a store: a folder each, whole from the moment it can be seen. Several processes may use it at once. */
export class VolumeStore {
  readonly #store: Pick<Store, "paths" | "temp" | "locks">;

  constructor(store: Pick<Store, "paths" | "temp" | "locks">) {
    this.#store = store;
  }

  /** Does what must not happen between looking who uses a volume and removing it. Not reentrant. */
  exclusively<T>(task: () => Promise<T> | T): Promise<T> {
    return this.#store.locks.withLock("volumes", task);
  }

  /** The volume of that name, which is made where there is none; without a name a new anonymous one. Throws `USAGE`. */
  create(name: string | undefined, { labels = {}, anonymous = name === undefined }: NewVolume = {}): Volume {
    const chosen = name ?? randomBytes(32).toString("hex");
    if (!isVolumeName(chosen)) throw invalidName(chosen);
    const present = this.#open(chosen);
    if (present) return present;
    const record: VolumeRecord = { name: chosen, created: new Date().toISOString(), labels, anonymous };
    try {
      makeFolders(this.#store.paths.volumes, 0o711);
      const draft = this.#store.temp.directory("volume");
      mkdirSync(join(draft, "data"), { mode: 0o755 });
      writeFileSync(join(draft, RECORD), JSON.stringify(record), { mode: 0o600 });
      renameSync(draft, this.#folder(chosen));
    } catch (error) {
      // Somebody else was faster, and the name stands for the same volume.
      if (!["ENOTEMPTY", "EEXIST"].includes(systemErrorCode(error) ?? ""))
        throw describeSystemError(error, `making the volume ${chosen}`);
    }
    return this.find(chosen);
  }

  has(name: string): boolean {
    return isVolumeName(name) && this.#open(name) !== undefined;
  }

  /** By name. */
  list(): readonly Volume[] {
    const names = namesIn(this.#store.paths.volumes).filter(isVolumeName).sort();
    return names.flatMap((name) => this.#open(name) ?? []);
  }

  /** Throws `VOLUME_NOT_FOUND`. */
  find(name: string): Volume {
    const found = isVolumeName(name) ? this.#open(name) : undefined;
    if (found) return found;
    throw new SlipwayError("VOLUME_NOT_FOUND", `no such volume: ${name}`, {
      hint: "`slipway volume ls` lists what is here",
    });
  }

  /** Removes a volume with its data. Whoever calls knows that nobody uses it. What an ordinary user may not remove is `EACCES`. */
  async remove({ name }: Pick<Volume, "name">): Promise<void> {
    const trash = this.#store.temp.file("volume");
    try {
      renameSync(this.#folder(name), trash);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return;
      throw describeSystemError(error, `removing the volume ${name}`);
    }
    await removeTree(trash);
  }

  #folder(name: string): string {
    return join(this.#store.paths.volumes, name);
  }

  #open(name: string): Volume | undefined {
    const folder = this.#folder(name);
    const bytes = readFileIfThere(join(folder, RECORD));
    if (!bytes) return undefined;
    const record = JSON.parse(bytes.toString("utf8")) as VolumeRecord;
    return { ...record, name, data: join(folder, "data"), seeding: join(folder, "seeding") };
  }
}

/** Docker's rule for names of local volumes. */
export function isVolumeName(text: string): boolean {
  return NAME.test(text);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw describeSystemError(error, "listing volumes");
  }
}

function invalidName(name: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `${JSON.stringify(name)} is no name of a volume`, {
    hint: "use letters, digits, _ . and -, at least two of them, a letter or digit first; for a folder give a path",
  });
}
