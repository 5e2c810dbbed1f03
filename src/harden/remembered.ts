import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import type { HardenReport } from "../core/harden-report.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import { type Chain, replaceLayers, stackLayer } from "../execute/chain.ts";
import type { Store } from "../store/store.ts";
import type { BuiltParts, HardenOutcome } from "./harden-image.ts";
import type { Hardening } from "./profile.ts";

/** What an earlier build of the same came to. */
interface Remembered {
  readonly key: Digest;
  /** Layers of the build that were made anew, by position. */
  readonly layers: readonly (readonly [number, LayerInfo])[];
  readonly last?: LayerInfo;
  readonly created: string;
  readonly report: HardenReport;
}

export interface DatedOutcome extends HardenOutcome {
  /** When its last layer was made (RFC 3339). */
  readonly created: string;
}

/** Identity of all that hardening depends on: where the base ends, and what the report names steps by, too. */
export function hardenKey(
  { chain, config, setsUser, epoch }: BuiltParts,
  { profile, keep }: Hardening,
): Digest {
  const layers = chain.layers.map(({ diffId, description = null }) => [diffId, description]);
  const built = [chain.baseLayers, layers, config, setsUser, epoch ?? null];
  return digestOf(canonicalJson(["harden/2", profile, keep, ...built]));
}

/** What the last build of a slot came to, where it was the same and all of its layers are still there: nothing is opened then. */
export function recallOutcome(
  store: Store,
  slot: string,
  key: Digest,
  { chain }: BuiltParts,
): DatedOutcome | undefined {
  const known = decode(store.last.get(placeOf(slot)));
  if (known?.key !== key) return undefined;
  const made = [...known.layers.map(([, info]) => info), ...(known.last ? [known.last] : [])];
  if (!made.every(({ diffId }) => store.layers.hasFiles(diffId))) return undefined;
  const { last, created, report } = known;
  return { chain: replaceLayers(chain, new Map(known.layers)), last, created, report };
}

export function rememberOutcome(
  store: Store,
  slot: string,
  key: Digest,
  { chain: before }: BuiltParts,
  { chain, last, created, report }: DatedOutcome,
): void {
  const layers = chain.layers.flatMap(({ diffId, info }, i) =>
    info && diffId !== before.layers[i]!.diffId ? [[i, info] as const] : [],
  );
  const remembered: Remembered = { key, layers, ...(last ? { last } : {}), created, report };
  store.last.put(placeOf(slot), Buffer.from(JSON.stringify(remembered)));
}

/** The outcome as a chain: with the last layer on top. */
export function hardenedChain({ chain, last, created, report }: DatedOutcome): Chain {
  return last ? stackLayer(chain, last, { created, description: `hardened (${report.profile})` }) : chain;
}

function placeOf(slot: string): string {
  return `${slot}/harden`;
}

/** What is damaged counts as absent: the image is hardened again. */
function decode(bytes: Buffer | undefined): Remembered | undefined {
  if (!bytes) return undefined;
  try {
    const value = JSON.parse(bytes.toString("utf8")) as Remembered;
    return Array.isArray(value.layers) && Array.isArray(value.report?.changes) ? value : undefined;
  } catch {
    return undefined;
  }
}
