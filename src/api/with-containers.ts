import { type Container, ContainerStore } from "../container/container-store.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { isSlipwayError } from "../core/errors.ts";
import { openStore } from "../store/store.ts";
import type { Environment } from "./environment.ts";

/** Opens the containers of a store for one piece of work. Nothing is waited for: a garbage collection does not touch them. */
export async function withContainers<R>(
  { home }: Pick<Environment, "home">,
  work: (containers: ContainerStore) => Promise<R> | R,
): Promise<R> {
  const store = openStore(home);
  const scope = new CleanupScope();
  scope.defer(() => store.close());
  return scope.around(async () => work(new ContainerStore(store)));
}

/** The container, if there is one of that name or id. */
export function findContainer(name: string, environment: Environment): Promise<Container | undefined> {
  return withContainers(environment, (containers) => {
    try {
      return containers.find(name);
    } catch (error) {
      if (isSlipwayError(error, "CONTAINER_NOT_FOUND")) return undefined;
      throw error;
    }
  });
}
