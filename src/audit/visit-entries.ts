import type { Entry } from "../core/file-tree.ts";
import { parentOf } from "../layer/resolve.ts";
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

const NEVER = Number.POSITIVE_INFINITY;

/** Tells which layer above hides an entry first. What is found out about a directory is kept: many files lie in one. */
export class HidingSearch {
  readonly #layers: AuditedImage["layers"];
  /** By layer and directory. */
  readonly #directories = new Map<number, Map<string, number>>();

  constructor({ layers }: Pick<AuditedImage, "layers">) {
    this.#layers = layers;
  }

  /** Undefined where none does. */
  hidingOf(path: string, layer: number): Hiding | undefined {
    const gone = this.#directoryGone(parentOf(path), layer);
    for (let above = layer + 1; above < this.#layers.length && above <= gone; above++) {
      const own = this.#layers[above]!.toc.find(path);
      if (own) return { layer: above, by: own.type === "whiteout" ? undefined : own };
    }
    return gone === NEVER ? undefined : { layer: gone, by: undefined };
  }

  /** The first layer above in which a directory, or one that it is in, is gone, opaque, or something else. */
  #directoryGone(directory: string, layer: number): number {
    const known = this.#directories.get(layer) ?? new Map<string, number>();
    this.#directories.set(layer, known);
    const unknown: string[] = [];
    // No recursion: a path may have any number of components.
    for (let at = directory; !known.has(at); at = parentOf(at)) {
      unknown.push(at);
      if (at === "") break;
    }
    for (const at of unknown.reverse()) {
      const around = at === "" ? NEVER : known.get(parentOf(at))!;
      known.set(at, Math.min(around, this.#replacedBy(at, layer)));
    }
    return known.get(directory)!;
  }

  #replacedBy(directory: string, layer: number): number {
    for (let above = layer + 1; above < this.#layers.length; above++) {
      const entry = this.#layers[above]!.toc.find(directory);
      if (entry && (entry.type !== "dir" || entry.opaque)) return above;
    }
    return NEVER;
  }
}
