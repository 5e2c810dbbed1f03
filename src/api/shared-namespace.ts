import { ContainerStore } from "../container/container-store.ts";
import { requireHolder, useNetwork } from "../container/network/bridge-holder.ts";
import { networkMode, sharedWith } from "../container/network/network-mode.ts";
import { findNetworkTools } from "../container/network/network-tools.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { pidOf } from "../store/owner.ts";
import { openStore } from "../store/store.ts";
import type { Environment } from "./environment.ts";

/**
 * Does something with the process whose user namespace an ordinary user's container has to be in: that which owns the network that it
 * shares with others. Undefined where it may be one of its own, and for root. A network that is waited for here does not end
 * meanwhile.
 */
export async function inSharedNamespace<R>(
  id: string,
  environment: Environment,
  work: (process: number | undefined) => Promise<R>,
): Promise<R> {
  if (environment.uid === 0) return work(undefined);
  const scope = new CleanupScope();
  return scope.around(async () => work(await namespaceOwner(id, environment, scope)));
}

async function namespaceOwner(
  id: string,
  environment: Environment,
  scope: CleanupScope,
): Promise<number | undefined> {
  const { home, path } = environment;
  const store = openStore(home);
  scope.defer(() => store.close());
  const containers = new ContainerStore(store);
  const mode = networkMode(containers.find(id).record.options);
  const other = sharedWith(mode);
  if (other !== undefined) {
    const { process } = containers.find(other).state;
    return process === undefined ? undefined : pidOf(process);
  }
  if (mode !== "private") return undefined;
  findNetworkTools(path);
  scope.defer(await useNetwork(store));
  return (await requireHolder({ store, path, needsUserNamespace: true })).process;
}
