import type { LayerInfo } from "../core/layer-info.ts";
import { resolvePath } from "../layer/resolve.ts";
import type { WorkdirStep } from "../plan/graph.ts";
import type { Chain } from "./chain.ts";
import { ChangeSet } from "./copy/change-set.ts";
import { accountReader, resolveOwner } from "./copy/owner.ts";
import { requireRoomFor } from "./copy/place.ts";
import type { LayerAccess } from "./layer-access.ts";
import { type LayerTarget, packAndStore } from "./layer-commit.ts";
import type { PreparedStep, StepExecutor } from "./step-executor.ts";

export interface WorkdirOptions {
  readonly access: LayerAccess;
  readonly target: LayerTarget;
  /** Seconds since the epoch given to directories that are made (SPEC CF-11). */
  readonly time: number;
  readonly epoch: number | undefined;
}

/** WORKDIR: a layer with the directories that were missing, owned by the stage's user; an empty one where none was (SPEC CF-11). */
export class WorkdirExecutor implements StepExecutor<WorkdirStep> {
  readonly #options: WorkdirOptions;

  constructor(options: WorkdirOptions) {
    this.#options = options;
  }

  async prepare(step: WorkdirStep, parent: Chain): Promise<PreparedStep> {
    return {
      inputs: {
        tag: "workdir/2",
        parent: parent.identity,
        fields: { path: step.path, user: step.user, epoch: this.#options.epoch ?? null },
        files: [],
      },
      execute: (_reporter, signal) => this.#execute(step, parent, signal),
    };
  }

  async #execute(step: WorkdirStep, parent: Chain, signal: AbortSignal): Promise<LayerInfo> {
    const { access, target, time } = this.#options;
    const tree = await access.tree("stage", parent);
    const accounts = parent.layers.length > 0 ? accountReader(tree) : undefined;
    const owner = step.user === "" ? undefined : await resolveOwner(step.user, accounts);
    const changes = new ChangeSet(tree);
    const { path } = resolvePath(tree, step.path.slice(1), { followLast: true });
    requireRoomFor(changes, path);
    changes.makeDirectories(path, { mode: 0o755, owner, mtime: time, mtimeNs: 0 });
    const made = changes.size > 0 ? changes.finish() : [];
    return packAndStore(made, target, signal);
  }
}
