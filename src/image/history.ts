import type { Digest } from "../core/digest.ts";
import type { HistoryItem, ImageConfig } from "./config.ts";
import { formatEpoch, isAfter } from "./timestamp.ts";

/** What is known of one layer when the history is put together. */
export interface LayerNote {
  /** When it was made (RFC 3339); absent for layers of a base. */
  readonly created?: string;
  /** For a layer that no history item speaks of. */
  readonly description?: string;
}

export interface HistoryParts {
  /** The base's history; kept as it is (SPEC HI-02). */
  readonly base: readonly HistoryItem[];
  /** The stage's own items in order; times are absent unless an epoch has been recorded. */
  readonly own: readonly HistoryItem[];
  /** Every layer of the image, the base's first. */
  readonly layers: readonly LayerNote[];
}

/** Comment of items for layers that no instruction accounts for (SPEC HI-07). */
const UNRECORDED = "buildkit.exporter.image.v0";

/** Comment of the item for what hardening did: no instruction of the Dockerfile accounts for it. */
export const HARDENED = "slipway.harden.v1";

/** The whole history of an image: as many non-empty items as there are layers, with times (SPEC HI-02, HI-07, HI-08). */
export function composeHistory({ base, own, layers }: HistoryParts): readonly HistoryItem[] {
  const kept = markSurplusEmpty([...base, ...own], layers.length);
  const recorded = kept.filter((item) => !item.empty_layer).length;
  const unrecorded = layers.slice(recorded).map(
    (layer): HistoryItem => ({
      ...(layer.description ? { created_by: layer.description } : {}),
      comment: UNRECORDED,
    }),
  );
  return fillTimes(datedByLayer([...kept, ...unrecorded], layers));
}

/** The `created` of an image: the time of its last history item that has one (SPEC OC-04). */
export function createdFromHistory(history: readonly HistoryItem[]): string | undefined {
  return history.findLast((item) => item.created !== undefined)?.created;
}

/**
 * The config with no time after `epoch` (seconds): items of the history are set back to it where they are later or have no time,
 * but for those that are in `base` as they are; `created` is set back, or taken from the history (SPEC EP-06, OC-04).
 */
export function clampTimes(config: ImageConfig, epoch: number, base: readonly HistoryItem[]): ImageConfig {
  const clamp = (time: string | undefined) =>
    time === undefined || isAfter(time, epoch) ? formatEpoch(epoch) : time;
  const history = config.history.map((item, i) =>
    isKept(item, base[i]) ? item : withTime(item, clamp(item.created)),
  );
  const created = config.created === undefined ? createdFromHistory(history) : clamp(config.created);
  return { ...config, ...(created === undefined ? {} : { created }), history };
}

/** Composing a history adds nothing but times and marks of emptiness to the base's items. */
function isKept(item: HistoryItem, original: HistoryItem | undefined): boolean {
  if (!original) return false;
  return item.created === original.created && item.empty_layer === original.empty_layer;
}

/** A history item beside the layer that it made. */
export interface HistoryRow {
  /** Absent for a layer beyond the recorded history. */
  readonly item?: HistoryItem;
  readonly diffId?: Digest;
  /** Position of the layer from the base up. */
  readonly layer?: number;
}

/** Pairs history items with layers, oldest first. Every layer gets a row, even if the history is short or missing. */
export function pairHistory(config: ImageConfig): readonly HistoryRow[] {
  const { diffIds } = config;
  let next = 0;
  const take = (): { diffId?: Digest; layer?: number } => {
    const diffId = diffIds[next];
    return diffId === undefined ? {} : { diffId, layer: next++ };
  };
  const rows: HistoryRow[] = config.history.map((item) => ({ item, ...(item.empty_layer ? {} : take()) }));
  while (next < diffIds.length) rows.push(take());
  return rows;
}

/** Position of the layer that hardening put on top of all; undefined where there is none. */
export function hardeningLayer(config: ImageConfig): number | undefined {
  return pairHistory(config).findLast(({ item }) => item?.comment === HARDENED)?.layer;
}

function markSurplusEmpty(items: readonly HistoryItem[], layers: number): readonly HistoryItem[] {
  let seen = 0;
  return items.map((item) => {
    if (item.empty_layer) return item;
    seen += 1;
    return seen <= layers ? item : { ...item, empty_layer: true };
  });
}

function datedByLayer(items: readonly HistoryItem[], layers: readonly LayerNote[]): readonly HistoryItem[] {
  let next = 0;
  return items.map((item) => {
    const layer = item.empty_layer ? undefined : layers[next++];
    return withTime(item, item.created ?? layer?.created);
  });
}

/** Items without a time take that of the first dated item after the first undated one; later ones that of the item before. */
function fillTimes(items: readonly HistoryItem[]): readonly HistoryItem[] {
  const firstUndated = items.findIndex((item) => item.created === undefined);
  if (firstUndated < 0) return items;
  let current =
    items.slice(firstUndated).find((item) => item.created !== undefined)?.created ??
    createdFromHistory(items);
  return items.map((item, i) => {
    if (i > firstUndated && item.created !== undefined) current = item.created;
    return withTime(item, item.created ?? current);
  });
}

/** Members keep the order of SPEC HI-01. */
function withTime(item: HistoryItem, created: string | undefined): HistoryItem {
  const { created: _, ...rest } = item;
  return created === undefined ? item : { created, ...rest };
}
