import { randomBytes } from "node:crypto";
import { closeSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { currentOwner, isGone, isOwner } from "../store/owner.ts";
import { libc } from "../sys/libc.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { randomName } from "./random-name.ts";

/** Names of containers, each of which only one container has. */
export interface ContainerNames {
  /** Gives a name to a container. Throws `CONTAINER_NAME_TAKEN`, `USAGE` for what is no name. */
  take(name: string, id: string): string;
  /** A name that nobody has. */
  takeAny(id: string): string;
  idOf(name: string): string | undefined;
  /** Does nothing where the name is another container's. */
  release(name: string, id: string): void;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/;
const MOST_TRIES = 64;

/** A file for each name in `folder`, which holds the id and who took the name. `isThere` tells whether a container exists. */
export function openNames(folder: string, isThere: (id: string) => boolean): ContainerNames {
  const at = (name: string): string => join(folder, name);
  const holder = (name: string) => readHolder(at(name));
  const isFree = (name: string): boolean => {
    const found = holder(name);
    // Between the name and its container somebody may have been killed.
    return !found || (!isThere(found.id) && isGone(found.owner));
  };
  const tryTake = (name: string, id: string): boolean => {
    const content = `${id}\n${currentOwner()}\n`;
    if (writeNew(folder, name, content)) return true;
    if (!isFree(name)) return false;
    // Only one process at a time takes a name away, and looks again first: somebody else may have done it, and have the name by now.
    exclusively(join(folder, ".lock"), () => {
      if (isFree(name)) rmSync(at(name), { force: true });
    });
    return writeNew(folder, name, content);
  };
  return {
    take(name, id) {
      if (!NAME.test(name)) throw invalidName(name);
      if (tryTake(name, id)) return name;
      const other = holder(name)?.id.slice(0, 12) ?? "another one";
      throw new SlipwayError(
        "CONTAINER_NAME_TAKEN",
        `the container name "/${name}" is already in use by container ${other}`,
        { hint: `remove or rename that container, or choose another name (slipway rm ${name})` },
      );
    },
    takeAny(id) {
      for (let i = 0; i < MOST_TRIES; i++) {
        const name = randomName();
        if (tryTake(name, id)) return name;
      }
      return this.take(`container-${id.slice(0, 12)}`, id);
    },
    idOf: (name) => (NAME.test(name) ? holder(name)?.id : undefined),
    release(name, id) {
      if (holder(name)?.id === id) rmSync(at(name), { force: true });
    },
  };
}

function readHolder(path: string): { readonly id: string; readonly owner: string } | undefined {
  try {
    const [id = "", owner = ""] = readFileSync(path, "utf8").split("\n");
    return isOwner(owner) ? { id, owner } : undefined;
  } catch {
    return undefined;
  }
}

function exclusively(path: string, task: () => void): void {
  const fd = openSync(path, "a", 0o600);
  try {
    libc().lock(fd, "exclusive", { wait: true });
    task();
  } finally {
    closeSync(fd);
  }
}

/** The file appears whole: it is written under another name and linked. False where there is one already. */
function writeNew(folder: string, name: string, content: string): boolean {
  const temporary = join(folder, `.${name}.${randomBytes(8).toString("hex")}`);
  try {
    makeFolders(folder, 0o700);
    writeFileSync(temporary, content, { mode: 0o600 });
    linkSync(temporary, join(folder, name));
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw describeSystemError(error, `taking the container name ${name}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function invalidName(name: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `invalid container name ${JSON.stringify(name)}`, {
    hint: "use letters, digits, _ . and -, at least two of them, a letter or digit first",
  });
}

/** As people see ids. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
