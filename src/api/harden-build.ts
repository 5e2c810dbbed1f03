import { encodeRecord } from "../cache/record.ts";
import type { Digest } from "../core/digest.ts";
import type { HardenReport } from "../core/harden-report.ts";
import { lookUp } from "../execute/step-foresight.ts";
import type { BuiltParts } from "../harden/harden-image.ts";
import { type Hardening, hardeningOf } from "../harden/profile.ts";
import {
  type DatedOutcome,
  hardenedChain,
  hardenKey,
  recallOutcome,
  rememberOutcome,
} from "../harden/remembered.ts";
import { changeText, summaryText } from "../harden/report-text.ts";
import { requireOrdinaryUser } from "../harden/root-user.ts";
import type { ContainerConfig, HistoryItem } from "../image/config.ts";
import { HARDENED } from "../image/history.ts";
import type { BuildPlan } from "../plan/graph.ts";
import type { Store } from "../store/store.ts";
import type { BuildClock } from "./build-clock.ts";
import type { Execution } from "./execution.ts";
import { lineageOf } from "./lineage.ts";
import type { Session } from "./session.ts";

/** A platform whose steps have been executed. */
export interface ExecutedPlatform {
  readonly plan: BuildPlan;
  readonly execution: Execution;
  /** Empty where the build has one platform only. */
  readonly label: string;
  /** Names the Dockerfile and the context of the platform. */
  readonly slot: string;
}

export interface HardenedPlatform {
  /** Its target is the hardened image. */
  readonly execution: Execution;
  readonly config: ContainerConfig;
  /** What the history says of it; empty where nothing had to be done. */
  readonly history: readonly HistoryItem[];
  readonly asked: Hardening;
  readonly report: HardenReport;
}

export interface HardenPlace {
  readonly hardening: Hardening;
  readonly session: Session;
  readonly clock: BuildClock;
  readonly signal: AbortSignal;
  /** Called before anything has to be read or made; may refuse. */
  readonly beforeWork: () => void;
}

/** What a build asks for, refused as far as plans alone tell that it cannot be. Throws `USAGE`, `HARDEN_REFUSED`. */
export function openPlatforms(
  profile: string | undefined,
  keep: readonly string[] | undefined,
  plans: readonly BuildPlan[],
): Hardening | undefined {
  const hardening = hardeningOf(profile, keep);
  if (hardening)
    for (const plan of plans)
      requireOrdinaryUser(hardening, lineageOf(plan).at(-1)!.config.User ?? "", setsUser(plan));
  return hardening;
}

/** Hardens one platform of a build, or remembers that it did. Throws `HARDEN_REFUSED`. */
export async function hardenPlatform(
  platform: ExecutedPlatform,
  place: HardenPlace,
): Promise<HardenedPlatform> {
  const { plan, execution, label, slot } = platform;
  const { hardening, session, clock } = place;
  const target = lineageOf(plan).at(-1)!;
  const parts: BuiltParts = {
    chain: execution.target,
    config: target.config,
    setsUser: setsUser(plan),
    epoch: plan.sourceDateEpoch,
  };
  const key = hardenKey(parts, hardening);
  const id = label === "" ? "harden" : `harden:${label}`;
  const name = `hardening the image${label === "" ? "" : ` for ${label}`} (${hardening.profile})`;
  const known = recallOutcome(session.store, slot, key, parts);
  if (known) clock.emit({ type: "step.cached", id, name });
  const outcome: DatedOutcome =
    known ?? (await clock.step(id, name, () => work(platform, place, { parts, key, id })));
  const report = { ...outcome.report, ...(label === "" ? {} : { platform: label }) };
  clock.emit({ type: "harden", id, ...report });
  for (const message of report.warnings) clock.emit({ type: "warning", message: `--harden: ${message}` });
  const { user } = report;
  return {
    execution: { ...execution, target: hardenedChain(outcome) },
    config: user ? { ...target.config, User: `${user.uid}:${user.gid}` } : target.config,
    history: historyOf(outcome, hardening),
    asked: hardening,
    report,
  };
}

/** Whether an instruction of the Dockerfile, or a trigger of the base, sets the user. */
function setsUser(plan: BuildPlan): boolean {
  return lineageOf(plan).some(({ history }) => history.some((item) => item.created_by?.startsWith("USER ")));
}

async function work(
  { execution, slot }: ExecutedPlatform,
  { hardening, session, clock, signal, beforeWork }: HardenPlace,
  { parts, key, id }: { readonly parts: BuiltParts; readonly key: Digest; readonly id: string },
): Promise<DatedOutcome> {
  beforeWork();
  const { store, privilege } = session;
  await session.keepContent();
  await store.beforeWrite();
  const target = { store, form: privilege.form };
  const { hardenImage } = await import("../harden/harden-image.ts");
  const outcome = await hardenImage(parts, hardening, { access: execution.access, target, signal });
  const dated = { ...outcome, created: createdOf(store, key, outcome.last) };
  rememberOutcome(store, slot, key, parts, dated);
  const lines = [...outcome.report.changes.map(changeText), summaryText(outcome.report)];
  const data = new TextEncoder().encode(`${lines.join("\n")}\n`);
  clock.emit({ type: "step.log", id, stream: "stdout", data });
  return dated;
}

/** The time of the last layer stays what it was when the same was made before. */
function createdOf(store: Store, key: Digest, last: DatedOutcome["last"]): string {
  const now = new Date().toISOString();
  if (!last) return now;
  const known = lookUp(store, key);
  if (known?.layer.diffId === last.diffId) return known.created;
  store.records.put(
    key,
    encodeRecord({ version: 1, key, layer: last, created: now, description: "hardened image" }),
  );
  return now;
}

function historyOf({ last, report }: DatedOutcome, { profile }: Hardening): readonly HistoryItem[] {
  const isChanged = report.user !== undefined || report.changes.some(({ action }) => action !== "keep");
  if (!isChanged) return [];
  const item = { created_by: `slipway build --harden=${profile}`, comment: HARDENED };
  return [last ? item : { ...item, empty_layer: true }];
}
