import { keyOf } from "../cache/inputs.ts";
import { encodeRecord } from "../cache/record.ts";
import type { Entry } from "../core/file-tree.ts";
import type { HardenChange } from "../core/harden-report.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import { type Chain, type ChainLayer, replaceLayers } from "../execute/chain.ts";
import { type RepackingPlace, repackLayer } from "../execute/repack-layer.ts";
import { lookUp } from "../execute/step-foresight.ts";
import type { Toc } from "../layer/toc.ts";
import type { KeptPaths } from "./kept-paths.ts";
import { inodeOf, isPrivileged, privilegeText, withoutPrivileges } from "./privileges.ts";
import { modeText } from "./report-text.ts";

export interface StrippedLayers {
  readonly chain: Chain;
  readonly changes: readonly HardenChange[];
}

/**
 * Makes the layers of this build anew in which some file lends rights, hidden by a later layer or not: what is not in the image cannot be
 * dug out of it. Layers without such files, and those of the base, stay what they are. A layer that was made anew before is known.
 */
export async function stripLayers(
  chain: Chain,
  kept: KeptPaths,
  at: RepackingPlace,
): Promise<StrippedLayers> {
  const opened = await at.access.layers(chain);
  const replaced = new Map<number, LayerInfo>();
  const changes: HardenChange[] = [];
  for (let i = chain.baseLayers; i < chain.layers.length; i++) {
    const layer = chain.layers[i]!;
    const { stripped, left } = privilegedFiles(opened[i]!.toc, kept);
    const told = (entry: Entry) => ({ ...describe(entry), layer: i, step: layer.description! });
    for (const entry of left) changes.push({ action: "keep", ...told(entry) });
    if (stripped.length === 0) continue;
    for (const entry of stripped) changes.push(stripChange(entry, { ...told(entry), place: "in-place" }));
    replaced.set(i, await strippedLayer(layer, stripped, at));
  }
  return { chain: replaceLayers(chain, replaced), changes };
}

/** What was done to a file that lent rights. */
export function stripChange(
  entry: Entry,
  told: Omit<HardenChange, "action" | "mode" | "newMode">,
): HardenChange {
  const newMode = modeText(withoutPrivileges(entry).mode);
  return { action: "strip", ...told, mode: modeText(entry.mode), newMode };
}

export function describe(entry: Entry): Pick<HardenChange, "path" | "what" | "uid" | "gid"> {
  return { path: `/${entry.path}`, what: privilegeText(entry), uid: entry.uid, gid: entry.gid };
}

/** The names of one file go one way: where one of them is kept, all are. */
function privilegedFiles(toc: Toc, kept: KeptPaths): { stripped: readonly Entry[]; left: readonly Entry[] } {
  const all = [...toc.entries()].filter(isPrivileged);
  const keptInodes = new Set(all.filter(({ path }) => kept.has(path)).map(inodeOf));
  return {
    stripped: all.filter((entry) => !keptInodes.has(inodeOf(entry))),
    left: all.filter((entry) => keptInodes.has(inodeOf(entry))),
  };
}

async function strippedLayer(
  layer: ChainLayer,
  files: readonly Entry[],
  at: RepackingPlace,
): Promise<LayerInfo> {
  const { store } = at.target;
  const paths = files.map(({ path }) => path);
  const key = keyOf({
    tag: "harden-layer/1",
    parent: layer.diffId,
    fields: { paths },
    files: [],
  });
  const wanted = new Set(paths);
  const change = (entry: Entry) => (wanted.has(entry.path) ? withoutPrivileges(entry) : entry);
  return store.withLock(
    `step-${key.slice(7)}`,
    async () => {
      const known = lookUp(store, key);
      if (known) return known.layer;
      const info = await repackLayer({ layer, change }, at);
      const record = {
        version: 1,
        key,
        layer: info,
        created: layer.created!,
        description: layer.description!,
      } as const;
      store.records.put(key, encodeRecord(record));
      return info;
    },
    { signal: at.signal },
  );
}
