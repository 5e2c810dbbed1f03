import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SlipwayError } from "../../core/errors.ts";
import { readFileIfThere, writeFileAtomically } from "../../store/atomic-file.ts";
import { tryFileLock } from "../../store/lock.ts";
import { isGone, type Owner, ownerOf, pidOf } from "../../store/owner.ts";
import type { Store } from "../../store/store.ts";
import { closeOnExec } from "../../sys/close-on-exec.ts";
import { makeFolders } from "../../sys/make-folders.ts";
import { spawnProcess, toolPath } from "../../sys/process.ts";
import { freeSubnet } from "./subnet.ts";

/** The process whose network namespace has the bridge in it, and for an ordinary user whose user namespace owns everything. */
export interface BridgeHolder {
  readonly process: number;
  readonly subnet: string;
}

interface HolderRecord {
  readonly owner: Owner;
  readonly subnet: string;
}

export interface HolderPlace {
  readonly store: Pick<Store, "paths" | "temp" | "locks">;
  /** PATH for tools. */
  readonly path: string;
  /** It gets a user namespace of its own, with all ids of the caller: the caller is an ordinary user in none yet. */
  readonly needsUserNamespace: boolean;
  /** Told that the bridge is a new one, before anybody is connected to it. */
  readonly onNew?: () => void;
}

/** Paths of the network that containers share. */
export function networkFolder({ paths }: Pick<Store, "paths">): {
  readonly folder: string;
  readonly users: string;
  readonly record: string;
  readonly leases: string;
  readonly members: string;
} {
  const folder = join(paths.networks, "private");
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    users: at("users"),
    record: at("holder.json"),
    leases: at("leases"),
    members: at("members"),
  };
}

/**
 * Keeps the network from ending as long as this process lives, or until the result is called. The kernel lets go of it when the process
 * dies, however it dies: nothing of the network stays behind.
 */
export async function useNetwork(store: Pick<Store, "paths">): Promise<() => void> {
  const { folder, users } = networkFolder(store);
  makeFolders(folder, 0o700);
  for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
    const release = tryFileLock(users, true);
    if (release) return release;
    // A holder without users is about to end.
    await sleep(pause);
  }
}

/** The holder of the network, which is started where there is none. For whoever keeps the network (`useNetwork`). Throws `NETWORK_FAILED`. */
export function requireHolder(place: HolderPlace): Promise<BridgeHolder> {
  const { store } = place;
  return store.locks.withLock("private-network", async () => {
    const { record } = networkFolder(store);
    const known = readRecord(record);
    if (known && !isGone(known.owner)) return { process: pidOf(known.owner), subnet: known.subnet };
    place.onNew?.();
    const owner = await startHolder(place);
    const { cidr: subnet } = freeSubnet();
    writeFileAtomically(
      record,
      JSON.stringify({ owner, subnet } satisfies HolderRecord),
      store.temp.file("network"),
    );
    return { process: pidOf(owner), subnet };
  });
}

function readRecord(path: string): HolderRecord | undefined {
  const bytes = readFileIfThere(path);
  return bytes && (JSON.parse(bytes.toString("utf8")) as HolderRecord);
}

/**
 * Waits for the lock that every user shares: it gets it when the last one is gone, takes its record away while nobody can come, and
 * ends, and with it the namespaces and all that is in them.
 */
const HOLD = 'echo up; exec flock --exclusive "$0" rm -f "$1" </dev/null >/dev/null 2>&1';

async function startHolder({ store, path, needsUserNamespace }: HolderPlace): Promise<Owner> {
  const { users, record } = networkFolder(store);
  const mapping = needsUserNamespace ? ["--user", "--map-root-user", "--map-auto"] : [];
  closeOnExec();
  const said: Buffer[] = [];
  const holder = spawnProcess(["unshare", ...mapping, "--net", "sh", "-c", HOLD, users, record], {
    cwd: "/",
    env: { PATH: toolPath(path) },
    streamStdout: true,
    onStderr: (chunk) => said.push(chunk),
  });
  const isUp = await new Promise<boolean>((resolve) => {
    holder.stdout?.once("data", () => resolve(true));
    holder.done.then(
      () => resolve(false),
      () => resolve(false),
    );
    holder.stdout?.once("end", () => resolve(false));
  });
  holder.stdout?.destroy();
  holder.unref();
  const owner = isUp && holder.pid !== undefined ? ownerOf(holder.pid) : undefined;
  if (owner) return owner;
  const why = Buffer.concat(said).toString("utf8").trim();
  throw new SlipwayError("NETWORK_FAILED", `the namespace of the private network could not be made: ${why}`, {
    hint: "`slipway doctor` says what is missing",
  });
}
