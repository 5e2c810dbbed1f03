import { isActive } from "../container/container-record.ts";
import { ContainerStore } from "../container/container-store.ts";
import { type LogQuery, readLog } from "../container/log-reader.ts";
import type { LogLine } from "../container/log-writer.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { openStore } from "../store/store.ts";
import type { Environment } from "./environment.ts";

/** Hands on what a container said, in order; with `follow` until it has ended. Throws `CONTAINER_NOT_FOUND`. */
export async function containerLogs(
  name: string,
  query: LogQuery,
  onLine: (line: LogLine) => void | Promise<void>,
  environment: Environment,
): Promise<void> {
  const store = openStore(environment.home);
  const scope = new CleanupScope();
  scope.defer(() => store.close());
  await scope.around(async () => {
    const containers = new ContainerStore(store);
    const { record, folder } = containers.find(name);
    const mayGrow = (): boolean => {
      const state = containers.state(record.id);
      return state !== undefined && isActive(state);
    };
    for await (const line of readLog(folder.log, query, mayGrow)) await onLine(line);
  });
}
