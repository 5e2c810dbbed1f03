import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Builder, Task } from "./builders/builder.ts";
import type { Case } from "./case.ts";
import { type Judgement, judge } from "./judge.ts";
import type { Observation } from "./observation.ts";
import { Placeholders } from "./placeholders.ts";
import type { ResultCache } from "./result-cache.ts";
import type { Services } from "./services/services.ts";
import { hashFolder, openWorkspace, prepareWorkspace } from "./workspace.ts";

export interface Surroundings {
  readonly buildkit: Builder;
  readonly slipway: Builder;
  readonly services: Services;
  readonly cache: ResultCache;
  /** Where copies of cases are made. */
  readonly folder: string;
}

export interface CaseResult extends Judgement {
  readonly buildkit?: Observation;
  readonly slipway?: Observation;
}

/** Builds a case with both and judges the results. What goes wrong with the case itself makes it `broken`. */
export async function runCase(each: Case, around: Surroundings): Promise<CaseResult> {
  const { name } = each;
  const missing = (each.spec.services ?? []).filter((service) => !around.services.available.has(service));
  const nothing = { name, differences: [], ids: [] };
  if (missing.length > 0) return { ...nothing, verdict: "skipped", note: `no ${missing.join(", ")}` };
  try {
    return await buildBoth(each, around);
  } catch (error) {
    return { ...nothing, verdict: "broken", note: (error as Error).message };
  }
}

async function buildBoth(each: Case, around: Surroundings): Promise<CaseResult> {
  const hash = hashFolder(each.folder);
  const workspace = openWorkspace(around.folder, each, hash);
  try {
    const slug = basename(workspace.root);
    const placeholders = new Placeholders({
      ...around.services.offer(slug, workspace.served),
      extra: workspace.extra,
      context: workspace.context,
      work: workspace.root,
    });
    await prepareWorkspace(each, workspace, placeholders);
    for (const [name, spec] of Object.entries(each.spec.images ?? {})) {
      const layers = (spec.layers ?? []).map((file) => readFileSync(join(workspace.extra, file)));
      around.services.registry.addImage(`${slug}/${name}`, spec, layers);
    }
    const task: Task = {
      spec: each.spec,
      workspace,
      placeholders,
      known: around.services.registry.baseLayers,
    };
    const slipway = await around.slipway.build(task);
    const buildkit = around.cache.find(hash) ?? (await buildAndKeep(hash, task, around));
    return { ...judge(each, buildkit, slipway), buildkit, slipway };
  } finally {
    rmSync(workspace.root, { recursive: true, force: true });
  }
}

async function buildAndKeep(hash: string, task: Task, around: Surroundings): Promise<Observation> {
  const observation = await around.buildkit.build(task);
  around.cache.keep(hash, observation);
  return observation;
}
