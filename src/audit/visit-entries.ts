import type { Entry } from "../core/file-tree.ts";
import { parentOf } from "../layer/resolve.ts";
import type { Toc } from "../layer/toc.ts";
import type { AuditedImage } from "./audited-image.ts";

/** One entry of one layer. */
export interface Visit {
  readonly entry: Entry;
  readonly layer: number;
  /** Whether a container of the image sees it. */
  readonly isVisible: boolean;
}

/** Every entry of every layer but whiteouts, the lowest layer first. */
export function* visitEntries({ layers, tree }: AuditedImage): Generator<Visit> {
  for (const { index, toc } of layers)
    for (const entry of toc.entries())
      if (entry.type !== "whiteout")
        yield { entry, layer: index, isVisible: tree.layerOf(entry.path) === index };
}

export interface Hiding {
  /** The layer that hides it. */
  readonly layer: number;
  /** What it has in its place: undefined where it only deletes. */
  readonly by: Entry | undefined;
}

/** Which layer above hides an entry first. Undefined where none does. */
export function hidingOf(
  { layers }: Pick<AuditedImage, "layers">,
  path: string,
  layer: number,
): Hiding | undefined {
  for (const { index, toc } of layers.slice(layer + 1)) {
    const own = toc.find(path);
    if (own) return { layer: index, by: own.type === "whiteout" ? undefined : own };
    if (hidesBelow(toc, path)) return { layer: index, by: undefined };
  }
  return undefined;
}

/** A directory above that is gone, opaque, or something else now. */
function hidesBelow(toc: Toc, path: string): boolean {
  for (let at = path; at !== ""; ) {
    at = parentOf(at);
    const entry = toc.find(at);
    if (entry && (entry.type !== "dir" || entry.opaque)) return true;
  }
  return false;
}
