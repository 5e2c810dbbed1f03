import type { CaseSpec } from "../case.ts";
import type { Observation } from "../observation.ts";
import type { Placeholders } from "../placeholders.ts";
import type { Workspace } from "../workspace.ts";

/** A prepared case. */
export interface Task {
  readonly spec: CaseSpec;
  readonly workspace: Workspace;
  readonly placeholders: Placeholders;
  /** Diff IDs of base layers, which are not looked into. */
  readonly known: ReadonlySet<string>;
}

/** Something that builds cases. */
export interface Builder {
  readonly name: string;
  /** Builds the case, and says what came of it. Fails only where the builder could not be started. */
  readonly build: (task: Task) => Promise<Observation>;
}
