import { digestOf } from "../../src/core/digest.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { entryHeader, paddingAfter } from "../../src/layer/tar-writer.ts";
import { Toc } from "../../src/layer/toc.ts";
import { encodeToc } from "../../src/layer/toc-writer.ts";
import { formsOf } from "../../src/leak/encodings.ts";
import { type KnownSecret, SHORTEST_SECRET, trimmed } from "../../src/leak/known-secret.ts";
import { searchLayer } from "../../src/leak/search-layer.ts";
import { SecretSearch } from "../../src/leak/secret-search.ts";
import { joinParts, must, type Target } from "../engine/target.ts";
import { text as oddText } from "../grammar/text.ts";
import { placesOf } from "./plain-search.ts";
import { splitBytes } from "./secret-search.ts";

/** Beyond so many places the search names no more. */
const MOST_PLACES = 15;
const LARGEST = 20_000;

/** Layers searched for secrets: the first part is a secret, the others are files; how the archive is cut into chunks makes no difference. */
export const secretLayerTarget: Target = {
  name: "secret-layer",
  about: "the search for secrets in layers, cut into chunks, against a search of each file",
  seeds: [
    ["correcthorse", "xxcorrecthorse", "", "correcthors", "ecorrecthorsecorrecthorse"],
    ["tok_a8F3k29dkq01zzQ", Buffer.from("ab:tok_a8F3k29dkq01zzQ").toString("base64"), "tok%5Fa8F3"],
  ].map(joinParts),
  dictionary: ["correcthorse", "tok_a8F3k29dkq01zzQ", "aaaaaaaa", "=="],
  generate: (random) => {
    const value = random
      .several(1, 10, () => random.pick(["a", "bc", "tok_9", "/+", oddText(random)]))
      .join("");
    const file = () => {
      const piece = () =>
        random.pick([value, value.slice(1), oddText(random), Buffer.from(value).toString("base64")]);
      return `${"x".repeat(random.skewed(600))}${random.several(0, 3, piece).join("")}`;
    };
    return joinParts([value, ...random.several(1, 6, file)].map((part) => part.replaceAll("\0", "")));
  },
  run: async (input) => {
    const [value = Buffer.alloc(0), ...contents] = splitBytes(Buffer.from(input));
    const files = contents.slice(0, 9);
    if (input.length > LARGEST) return;
    const secret: KnownSecret = { id: "s", kind: "secret", value };
    const forms = trimmed(value).length < SHORTEST_SECRET ? [] : formsOf(value);
    if (
      forms.reduce(
        (sum, form) => sum + files.reduce((all, file) => all + placesOf(form, file).length, 0),
        0,
      ) > MOST_PLACES
    )
      return;
    const expected = files.flatMap((file, i) =>
      forms.some((form) => placesOf(form, file).length > 0) ? [`f${i}`] : [],
    );
    const { toc, archive } = layerOf(files);
    const search = new SecretSearch([secret]);
    for (const size of [1 + (input.length % 97), 512, archive.length || 1]) {
      const found = await searchLayer(toc, chunks(archive, size), search);
      const paths = [...new Set(found.map(({ path }) => path))].sort();
      must(
        paths.join() === expected.join(),
        () => `in chunks of ${size}: ${paths.join()} instead of ${expected.join()}`,
      );
    }
  },
};

function layerOf(files: readonly Buffer[]): { readonly toc: Toc; readonly archive: Buffer } {
  const entries = files.map((bytes, i): Entry => {
    const facts = { mode: 0o644, uid: 0, gid: 0, mtime: 0, mtimeNs: 0 };
    return { path: `f${i}`, type: "file", ...facts, size: bytes.length, digest: digestOf(bytes) };
  });
  const parts = entries.flatMap((entry, i) => [entryHeader(entry), files[i]!, paddingAfter(entry.size)]);
  return { toc: Toc.open(encodeToc(entries)), archive: Buffer.concat(parts) };
}

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
