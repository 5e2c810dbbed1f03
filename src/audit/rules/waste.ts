import type { Entry } from "../../core/file-tree.ts";
import { hardeningLayer } from "../../image/history.ts";
import { storedSize } from "../../layer/tar-writer.ts";
import type { AuditedImage } from "../audited-image.ts";
import { type Finding, finding } from "../finding.ts";
import type { Severity } from "../severity.ts";
import { HidingSearch } from "../visit-entries.ts";
import { shownPath } from "./path-text.ts";

interface Pile {
  readonly layer: number;
  readonly by: number;
  readonly isDeleted: boolean;
  bytes: number;
  files: number;
  copies: number;
  readonly largest: { readonly path: string; readonly bytes: number }[];
}

const SHOWN = 10;
const MB = 1_000_000;

/** Bytes that later layers hide, by the layer that has them and the one that hides them. */
export class Waste {
  readonly #image: AuditedImage;
  readonly #hidings: HidingSearch;
  readonly #piles = new Map<string, Pile>();

  constructor(image: AuditedImage) {
    this.#image = image;
    this.#hidings = new HidingSearch(image);
  }

  /** Told of every entry that no container sees. */
  add(entry: Entry, layer: number): void {
    const bytes = storedSize(entry);
    if (bytes === 0) return;
    const hiding = this.#hidings.hidingOf(entry.path, layer);
    if (!hiding) return;
    const isDeleted = hiding.by === undefined;
    const key = `${layer} ${hiding.layer} ${isDeleted}`;
    const pile = this.#piles.get(key) ?? {
      layer,
      by: hiding.layer,
      isDeleted,
      bytes: 0,
      files: 0,
      copies: 0,
      largest: [],
    };
    this.#piles.set(key, pile);
    pile.bytes += bytes;
    pile.files += 1;
    if (hiding.by?.digest !== undefined && hiding.by.digest === entry.digest) pile.copies += 1;
    keepLargest(pile.largest, { path: `/${entry.path}`, bytes });
  }

  /** Hidden bytes of each layer. */
  perLayer(): readonly number[] {
    const bytes = this.#image.layers.map(() => 0);
    for (const pile of this.#piles.values()) bytes[pile.layer]! += pile.bytes;
    return bytes;
  }

  /** What hardening hides is hidden on purpose: a base cannot be changed in another way. */
  findings(): Finding[] {
    const hardening = hardeningLayer(this.#image.config);
    return [...this.#piles.values()].filter(({ by }) => by !== hardening).map((pile) => this.#finding(pile));
  }

  #finding({ layer, by, isDeleted, bytes, files, copies, largest }: Pile): Finding {
    const { layers } = this.#image;
    const what = `${files} ${files === 1 ? "file" : "files"} of layer ${layer + 1}, ${bytes} bytes`;
    const how = isDeleted
      ? "are deleted by"
      : copies === files
        ? "are repeated with another owner, mode or time by"
        : "are replaced by";
    const fix = isDeleted
      ? "delete them in the instruction that makes them, or make them in a stage of their own"
      : copies === files
        ? "set owner and mode where the files are made: COPY --chown, --chmod"
        : "write them once: do it in one instruction, or copy only what stays";
    return finding(isDeleted ? "DeletedFiles" : "OverwrittenFiles", {
      severity: severityOf(bytes),
      subject: `layer ${layer + 1}, hidden by layer ${by + 1}`,
      message: `${what}, ${how} layer ${by + 1}; the largest is ${shownPath(largest[0]!.path)}`,
      fix,
      origin: layers[by]!.origin,
      facts: { bytes, files, layer, hiddenBy: by, largest },
    });
  }
}

function severityOf(bytes: number): Severity {
  return bytes >= 50 * MB ? "medium" : bytes >= MB ? "low" : "info";
}

function keepLargest(list: Pile["largest"], file: Pile["largest"][number]): void {
  if (list.length === SHOWN && list.at(-1)!.bytes >= file.bytes) return;
  const at = list.findIndex(({ bytes }) => bytes < file.bytes);
  list.splice(at < 0 ? list.length : at, 0, file);
  if (list.length > SHOWN) list.pop();
}
