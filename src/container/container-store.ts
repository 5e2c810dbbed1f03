import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { readFileIfThere, writeFileAtomically } from "../store/atomic-file.ts";
import { removeTree } from "../store/remove-tree.ts";
import type { Store } from "../store/store.ts";
import { type ContainerNames, openNames } from "./container-names.ts";
import { ContainerFolder, type ContainerRecord, type ContainerState, NEW_STATE } from "./container-record.ts";
import { readRecord } from "./damaged-record.ts";
import { PassingMarks } from "./passing-marks.ts";
import { settledState } from "./settled-state.ts";
import { VolumeStore } from "./volume/volume-store.ts";

/** A container as it was when it was looked at. */
export interface Container {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
  readonly folder: ContainerFolder;
}

const ID = /^[0-9a-f]{64}$/;

/** A name and an id that are taken. */
export interface Claim {
  readonly id: string;
  readonly name: string;
  readonly release: () => void;
}

/** The containers of a store: one folder each, whole from the moment it can be seen. Several processes may use it at once. */
export class ContainerStore {
  readonly names: ContainerNames;
  /** What containers may have mounted. */
  readonly volumes: VolumeStore;
  readonly #store: Pick<Store, "paths" | "temp" | "locks">;
  readonly #passing: PassingMarks;

  constructor(store: Pick<Store, "paths" | "temp" | "locks">) {
    this.#store = store;
    this.volumes = new VolumeStore(store);
    this.#passing = new PassingMarks(store.paths.passing);
    const isThere = (id: string) => existsSync(this.folder(id).record);
    this.names = openNames(join(store.paths.containers, "names"), isThere);
  }

  folder(id: string): ContainerFolder {
    return new ContainerFolder(join(this.#store.paths.containers, id));
  }

  /**
   * Takes that name, or one that nobody has, for a container that is about to be made. Throws `CONTAINER_NAME_TAKEN`, `USAGE` for a
   * name that is none.
   */
  claim(name?: string): Claim {
    const id = randomBytes(32).toString("hex");
    const taken = name === undefined ? this.names.takeAny(id) : this.names.take(name, id);
    return { id, name: taken, release: () => this.names.release(taken, id) };
  }

  /** Makes the container for which a name was taken. Where that fails, whoever took the name gives it back. */
  create(draft: Omit<ContainerRecord, "id" | "name">, { id, name }: Claim): Container {
    try {
      const record: ContainerRecord = { id, name, ...draft };
      const folder = this.folder(id);
      const draftFolder = new ContainerFolder(this.#store.temp.directory("container"));
      mkdirSync(draftFolder.log, { mode: 0o700 });
      writeFileSync(draftFolder.record, JSON.stringify(record), { mode: 0o600 });
      writeFileSync(draftFolder.state, JSON.stringify(NEW_STATE), { mode: 0o600 });
      renameSync(draftFolder.path, folder.path);
      if (record.options.autoRemove) this.#passing.add(id);
      return { record, state: NEW_STATE, folder };
    } catch (error) {
      throw describeSystemError(error, "making a container");
    }
  }

  /** Every container, the newest first. */
  list(): readonly Container[] {
    const ids = readdirSync(this.#store.paths.containers).filter((name) => ID.test(name));
    const found = ids.flatMap((id) => this.#open(id) ?? []);
    return found.sort((a, b) => (a.record.created < b.record.created ? 1 : -1));
  }

  /** Those that remove themselves at their end, running or not. */
  passing(): readonly Container[] {
    return this.#passing.list().flatMap((id) => {
      const found = this.#open(id);
      if (!found) this.#passing.remove(id);
      return found ?? [];
    });
  }

  /** By name, id, or the beginning of an id that fits only one. Throws `CONTAINER_NOT_FOUND`. */
  find(text: string): Container {
    const plain = text.replace(/^\//, "");
    const id = ID.test(plain) ? plain : (this.names.idOf(plain) ?? this.#idByPrefix(plain));
    const found = id === undefined ? undefined : this.#open(id);
    if (found) return found;
    throw new SlipwayError("CONTAINER_NOT_FOUND", `no such container: ${text}`, {
      hint: "`slipway ps -a` lists what is here",
    });
  }

  /** The state at this moment; undefined where the container is gone. */
  state(id: string): ContainerState | undefined {
    return this.#open(id)?.state;
  }

  /** For whoever holds the container's lock. Does nothing where the container is gone. */
  writeState(id: string, state: ContainerState): void {
    const folder = this.folder(id);
    const temporary = `${folder.state}.new`;
    try {
      writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 });
      renameSync(temporary, folder.state);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw describeSystemError(error, "noting a container's state");
    }
  }

  /** Takes the right to run or remove a container; undefined where somebody has it. It ends with its holder. */
  tryLock(id: string): (() => void) | undefined {
    return this.#store.locks.tryAcquire(`container-${id}`);
  }

  /** The same, waiting for a monitor that is about to end; undefined where the container runs. */
  async lock(id: string): Promise<(() => void) | undefined> {
    for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
      const release = this.tryLock(id);
      const status = release ? undefined : this.state(id)?.status;
      if (release || status === "running" || status === "restarting") return release;
      await sleep(pause);
    }
  }

  /** Gives a container another name. Throws `CONTAINER_NAME_TAKEN`, `USAGE`. */
  rename({ record, folder }: Container, name: string): void {
    this.names.take(name, record.id);
    const text = JSON.stringify({ ...record, name });
    writeFileAtomically(folder.record, text, this.#store.temp.file("record"));
    this.names.release(record.name, record.id);
  }

  /** Removes what is left of a container, for whoever holds its lock. What an ordinary user may not remove is `EACCES`. */
  async remove({ record, folder }: Container): Promise<void> {
    const trash = this.#store.temp.file("container");
    renameSync(folder.path, trash);
    this.names.release(record.name, record.id);
    this.#passing.remove(record.id);
    await removeTree(trash);
  }

  /** The beginnings that people type are unique, or else they are told. */
  #idByPrefix(prefix: string): string | undefined {
    if (!/^[0-9a-f]{1,63}$/.test(prefix)) return undefined;
    const names = readdirSync(this.#store.paths.containers);
    const fitting = names.filter((name) => ID.test(name) && name.startsWith(prefix));
    if (fitting.length < 2) return fitting[0];
    throw new SlipwayError("CONTAINER_NOT_FOUND", `the id ${prefix} fits ${fitting.length} containers`, {
      hint: "write more of it",
    });
  }

  #open(id: string): Container | undefined {
    const folder = this.folder(id);
    const bytes = readFileIfThere(folder.record);
    if (!bytes) return undefined;
    return { record: readRecord(id, bytes), folder, state: this.#settled(id, folder) };
  }

  /** A monitor that was killed could not say so: whoever notices does it in its place. */
  #settled(id: string, folder: ContainerFolder): ContainerState {
    const state = readState(folder);
    const settled = settledState(state);
    if (settled === state) return state;
    const release = this.tryLock(id);
    if (!release) return settled;
    try {
      const now = readState(folder);
      if (settledState(now) === now) return now;
      this.writeState(id, settled);
      rmSync(join(folder.path, "monitor.sock"), { force: true });
      return settled;
    } finally {
      release();
    }
  }
}

/** A state that was cut short by a loss of power says nothing; the container has surely ended. */
function readState(folder: ContainerFolder): ContainerState {
  try {
    return JSON.parse(readFileSync(folder.state, "utf8")) as ContainerState;
  } catch {
    return { ...NEW_STATE, status: "exited", exitCode: 255, error: "its state was lost" };
  }
}
