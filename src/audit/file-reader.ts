import type { Entry } from "../core/file-tree.ts";
import type { AuditedImage } from "./audited-image.ts";

type Look = (bytes: Buffer) => void;

/** Gathers which files rules want to look into, and then reads each of them once, layer by layer; one at a time is in memory. */
export class FileReader {
  readonly #image: AuditedImage;
  readonly #wanted = new Map<number, Map<string, { readonly entry: Entry; readonly looks: Look[] }>>();

  constructor(image: AuditedImage) {
    this.#image = image;
  }

  /** An entry of a layer, with bytes of its own. */
  want(layer: number, entry: Entry, look: Look): void {
    if (entry.size === 0) return look(Buffer.alloc(0));
    const files = this.#wanted.get(layer) ?? new Map();
    this.#wanted.set(layer, files);
    const known = files.get(entry.path);
    if (known) known.looks.push(look);
    else files.set(entry.path, { entry, looks: [look] });
  }

  /** What a container sees. Throws `LAYER_INVALID` where the layer does not have the file's first name. */
  wantVisible(entry: Entry, look: Look): void {
    const layer = this.#image.tree.layerOf(entry.path);
    if (layer === undefined) return;
    this.want(layer, this.#image.layers[layer]!.toc.firstName(entry), look);
  }

  async read(): Promise<void> {
    for (const [layer, files] of this.#wanted) {
      const entries = new Map([...files].map(([path, { entry }]) => [path, entry]));
      for await (const { entry, bytes } of this.#image.contents(layer, entries))
        for (const look of files.get(entry.path)!.looks) look(bytes);
    }
    this.#wanted.clear();
  }
}
