import { encodeName } from "../core/file-name.ts";
import { entryHeader, paddingAfter, storedSize } from "../layer/tar-writer.ts";
import type { Toc } from "../layer/toc.ts";
import type { SecretMatch, SecretSearch } from "./secret-search.ts";

/** Where in a layer a secret is. */
export interface LayerFinding {
  readonly match: SecretMatch;
  readonly path: string;
  /** The bytes of the file, or its name, or what a link points to. */
  readonly part: "content" | "name";
}

/** So many are named; the others follow from them. */
const MOST_FINDINGS = 20;
const NAMES_AT_ONCE = 64 * 1024;

/** Goes through the names of a layer, and then once through its archive, of which no more than a chunk is kept. */
export async function searchLayer(
  toc: Toc,
  archive: AsyncIterable<Uint8Array>,
  search: SecretSearch,
): Promise<readonly LayerFinding[]> {
  const names = searchNames(toc, search);
  const places = await searchBytes(archive, search);
  return [...names, ...filesAt(toc, places)].slice(0, MOST_FINDINGS);
}

/** Names are searched together, which is quicker, and one by one only where something was found. */
function searchNames(toc: Toc, search: SecretSearch): readonly LayerFinding[] {
  const findings: LayerFinding[] = [];
  let group: (readonly [path: string, text: Buffer])[] = [];
  let size = 0;
  const look = (): void => {
    if (search.next(Buffer.concat(group.flatMap(([, text]) => [text, SEPARATOR]))))
      for (const [path, text] of group)
        for (const match of search.all(text)) findings.push({ match, path, part: "name" });
    group = [];
    size = 0;
  };
  for (const { path, linkTarget } of toc.entries()) {
    const text = encodeName(linkTarget === undefined ? path : `${path}\0${linkTarget}`);
    group.push([path, text]);
    size += text.length;
    if (size >= NAMES_AT_ONCE) look();
  }
  look();
  // What a folder's name has, the paths of everything in it have, too.
  const paths = new Set(findings.map(({ path }) => path));
  return findings.filter(({ path }) => !paths.has(path.slice(0, Math.max(0, path.lastIndexOf("/")))));
}

const SEPARATOR = Buffer.from("\0");

/** Matches with their places in the whole stream. Chunks overlap by one byte less than the longest form. */
async function searchBytes(
  archive: AsyncIterable<Uint8Array>,
  search: SecretSearch,
): Promise<readonly SecretMatch[]> {
  const found: SecretMatch[] = [];
  let kept = Buffer.alloc(0);
  let base = 0;
  for await (const chunk of archive) {
    // Beyond that nothing is searched, but the archive is read to its end, where it is verified.
    if (found.length >= MOST_FINDINGS) continue;
    const bytes = Buffer.concat([kept, chunk]);
    for (let match = search.next(bytes); match; match = search.next(bytes, match.end)) {
      found.push({ ...match, start: base + match.start, end: base + match.end });
      if (found.length >= MOST_FINDINGS) break;
    }
    const last = found.at(-1)?.end ?? 0;
    const keep = Math.min(search.longest - 1, base + bytes.length - last, bytes.length);
    kept = Buffer.from(bytes.subarray(bytes.length - keep));
    base += bytes.length - keep;
  }
  return found;
}

/** The files that these places of the archive belong to; headers repeat what names were searched for. */
function filesAt(toc: Toc, places: readonly SecretMatch[]): readonly LayerFinding[] {
  if (places.length === 0) return [];
  const findings = new Map<string, LayerFinding>();
  let end = 0;
  for (const entry of toc.entries()) {
    const start = end + entryHeader(entry).length;
    const size = storedSize(entry);
    end = start + size + paddingAfter(size).length;
    for (const match of places)
      if (match.start >= start && match.start < start + size)
        findings.set(`${entry.path}\0${match.id}\0${match.encoding}`, {
          match,
          path: entry.path,
          part: "content",
        });
  }
  return [...findings.values()];
}
