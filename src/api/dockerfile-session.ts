import { CleanupScope, cancelled } from "../core/cleanup-scope.ts";
import { decodeName } from "../core/file-name.ts";
import { LayerContent } from "../output/layer-content.ts";
import { BuildClock } from "./build-clock.ts";
import { type GivenLock, openContexts } from "./build-contexts.ts";
import type { BuildOptions } from "./build-options.ts";
import { openBuildSession } from "./build-session.ts";
import type { Environment } from "./environment.ts";
import { withPinnedLayouts } from "./layout-context.ts";
import { onceForEach } from "./once.ts";
import type { PlanInputs } from "./plan-options.ts";
import { withAgents } from "./ssh-agents.ts";

/** The Dockerfile that a question is about. */
export interface DockerfileSource {
  /** As messages call it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What answers to questions about a Dockerfile are made from. */
export interface DockerfileSession extends Omit<PlanInputs, "dockerfile" | "warn"> {
  readonly source: DockerfileSource;
  readonly clock: BuildClock;
  /** Ends with the answer. */
  readonly scope: CleanupScope;
  readonly signal: AbortSignal;
}

/**
 * Reads the Dockerfile of a build and hands it to `work`, with all that planning needs; nothing is executed. Events begin
 * with `build.start`. Throws what opening contexts throws, and what `work` does.
 */
export async function withDockerfile<T>(
  asked: BuildOptions,
  environment: Environment,
  work: (dockerfile: DockerfileSession) => Promise<T>,
  given: GivenLock = {},
): Promise<T> {
  const { signal = new AbortController().signal } = asked;
  const scope = new CleanupScope();
  const answer = async (): Promise<T> => {
    const session = await openBuildSession(asked, environment, scope);
    const pinned = withPinnedLayouts(asked, environment.cwd);
    const options = await withAgents(pinned, environment.cwd, scope);
    const clock = new BuildClock((event) => options.onEvent?.(event));
    const notice = onceForEach((message) => clock.emit({ type: "warning", message }));
    const contexts = await openContexts(session, options, scope, { ...given, notice });
    const source = await contexts.dockerfile();
    clock.emit({
      type: "build.start",
      dockerfile: source.name,
      text: decodeName(source.bytes),
      ...(options.target ? { target: options.target } : {}),
    });
    const content = new LayerContent(session.store, (blob) => session.fetchBlob(blob, signal), { signal });
    return work({ session, options, contexts, content, source, clock, scope, signal });
  };
  try {
    return await scope.around(answer);
  } catch (error) {
    throw signal.aborted ? cancelled(signal) : error;
  }
}
