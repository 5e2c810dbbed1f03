import { requireAbsolute } from "../container/container-options.ts";
import { isActive } from "../container/container-record.ts";
import { type ExecEnd, execInContainer } from "../container/exec-container.ts";
import { type ExecOptions, userInside } from "../container/exec-process.ts";
import type { ProcessStreams } from "../runtime/process-streams.ts";
import { pidOf } from "../store/owner.ts";
import { notRunning } from "./control-container.ts";
import type { Environment } from "./environment.ts";
import { withContainers } from "./with-containers.ts";

export interface ExecContainerOptions extends Omit<ExecOptions, "user" | "windowSize"> {
  /** `user[:group]`, names or numbers. */
  readonly user?: string;
  /** Standard input goes to the process. */
  readonly interactive?: boolean;
  readonly detach?: boolean;
  readonly streams?: ProcessStreams;
  /** Ends the process. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a further process in a container that runs, with this process's own streams. Throws `CONTAINER_NOT_FOUND`, `CONTAINER_STATE`,
 * `USER_NOT_FOUND`, `RUNTIME_FAILED`, `USAGE` for a working directory that is no absolute path.
 */
export async function execContainer(
  name: string,
  options: ExecContainerOptions,
  environment: Environment,
): Promise<ExecEnd> {
  requireAbsolute(options.cwd);
  const container = await withContainers(environment, (containers) => containers.find(name));
  const { record, state, folder } = container;
  if (!isActive(state) || state.process === undefined) throw notRunning(container);
  const { user, interactive, detach, streams, signal, ...plain } = options;
  const target = {
    id: record.id,
    folder,
    state,
    path: environment.path,
    ...(record.options.runtime ? { driver: record.options.runtime } : {}),
    entersUserNamespace: environment.uid !== 0,
  };
  const who = user === undefined ? {} : { user: userInside(pidOf(state.process), user) };
  return execInContainer(
    target,
    { ...plain, ...who },
    {
      interactive: true,
      stdin: interactive ? "inherit" : "ignore",
      ...(detach ? { detach } : {}),
      ...(streams ? { streams } : {}),
      ...(signal ? { signal } : {}),
    },
  );
}
