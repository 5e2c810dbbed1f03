import { type CleanupScope, throwIfAborted } from "../core/cleanup-scope.ts";
import type { BuildOptions } from "./build-options.ts";
import type { Environment } from "./environment.ts";
import { checkSecrets } from "./secrets.ts";
import { Session } from "./session.ts";

/** The session of a build, or of a question about one, until the scope ends. Throws `SECRET_NOT_FOUND` and what the store throws. */
export async function openBuildSession(
  { signal, secrets = {}, offline }: BuildOptions,
  environment: Environment,
  scope: CleanupScope,
): Promise<Session> {
  throwIfAborted(signal);
  checkSecrets(secrets, environment);
  const session = await Session.open(environment, { signal, offline });
  scope.defer(() => session.close());
  // What dead processes left behind goes now.
  await session.store.temp.sweep();
  return session;
}
