import { SlipwayError } from "../core/errors.ts";
import type { Environment } from "./environment.ts";
import { userNamespaceAvailable } from "./user-namespace.ts";

/** Throws `RUNTIME_UNAVAILABLE` where an ordinary user cannot have containers here. */
export function requireContainers(environment: Environment): void {
  if (environment.uid === 0) return;
  const namespace = userNamespaceAvailable(environment);
  if (namespace.available) return;
  throw new SlipwayError(
    "RUNTIME_UNAVAILABLE",
    `containers need a user namespace or root: ${namespace.reason}`,
    { hint: "`slipway doctor` says what to install" },
  );
}
