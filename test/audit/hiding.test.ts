import { describe, expect, it } from "vitest";
import type { AuditedLayer } from "../../src/audit/audited-image.ts";
import { type Hiding, HidingSearch } from "../../src/audit/visit-entries.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { parentOf } from "../../src/layer/resolve.ts";
import type { Toc } from "../../src/layer/toc.ts";
import { dir, file, symlink, tocOf, whiteout } from "../layer/entries.ts";
import { fc } from "../support/property.ts";

const layersOf = (tocs: readonly Toc[]) => tocs.map((toc, index) => ({ index, toc }) as AuditedLayer);

/** The rule, word by word. */
function firstHiding(tocs: readonly Toc[], path: string, layer: number): Hiding | undefined {
  for (let above = layer + 1; above < tocs.length; above++) {
    const own = tocs[above]!.find(path);
    if (own) return { layer: above, by: own.type === "whiteout" ? undefined : own };
    for (let at = path; at !== ""; ) {
      at = parentOf(at);
      const entry = tocs[above]!.find(at);
      if (entry && (entry.type !== "dir" || entry.opaque)) return { layer: above, by: undefined };
    }
  }
  return undefined;
}

const PATHS = ["a", "a/b", "a/b/c", "a/b/d", "e"];
const KINDS: readonly ((path: string) => Entry)[] = [
  (path) => dir(path),
  (path) => dir(path, { opaque: true }),
  (path) => file(path),
  (path) => symlink(path, "x"),
  whiteout,
];

describe("what hides a file", () => {
  it("is the first layer above that replaces it, deletes it, or has another thing where its directories were", () => {
    const layer = fc
      .uniqueArray(fc.tuple(fc.constantFrom(...PATHS), fc.constantFrom(...KINDS)), {
        selector: ([path]) => path,
      })
      .map((entries) => tocOf(...entries.map(([path, make]) => make(path))));
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 5 }), (tocs) => {
        const search = new HidingSearch({ layers: layersOf(tocs) });
        for (const [index] of tocs.entries())
          for (const path of PATHS)
            expect(search.hidingOf(path, index)).toEqual(firstHiding(tocs, path, index));
      }),
    );
  });

  it("is found with one look at each layer for a file, however deep it lies", () => {
    const [depth, files, above] = [30, 200, 20];
    const folder = new Array(depth).fill("d").join("/");
    let looks = 0;
    const toc = tocOf(file("other"));
    const find = (path: string) => {
      looks++;
      return toc.find(path);
    };
    const counting = { find } as unknown as Toc;
    const search = new HidingSearch({ layers: layersOf(new Array(above + 1).fill(counting)) });
    for (let i = 0; i < files; i++) expect(search.hidingOf(`${folder}/f${i}`, 0)).toBeUndefined();
    expect(looks).toBe((files + depth + 1) * above);
  });
});
