import { SlipwayError } from "../../src/core/errors.ts";
import { comparePaths } from "../../src/core/file-name.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { Toc } from "../../src/layer/toc.ts";
import { encodeToc } from "../../src/layer/toc-writer.ts";
import { Random } from "../engine/random.ts";
import { must, type Target } from "../engine/target.ts";
import { word } from "../grammar/text.ts";

/** Tables of contents: damaged ones are refused, sound ones answer as a plain list of their entries would. */
export const tocTarget: Target = {
  name: "toc",
  about: "tables of contents, sound and damaged: lookups, listings, ranges",
  seeds: [1, 2, 3].map((seed) => encodeToc(entries(new Random(seed), 40))),
  dictionary: ["slipway-toc/1\n\0\0", "\u00ff\u00ff\u00ff\u00ff\u000f", "\u0080\u0080"],
  generate: (random) => encodeToc(entries(random, random.skewed(200))),
  grow: (random) => {
    const seed = random.below(2 ** 31);
    return (times) => encodeToc(entries(new Random(seed), times));
  },
  run: (input) => {
    const toc = Toc.open(input);
    // A count that a damaged header claims may be anything; what follows it is read only as far as it goes.
    const all: Entry[] = [];
    for (const entry of toc.entries()) all.push(entry);
    toc.contentDigest();
    const isSound = isSorted(all) && toc.count === all.length;
    for (const { path } of all.slice(0, 200)) checkPath(toc, path, isSound ? all : undefined);
    if (!isSound) return;
    const again = reencoded(all);
    if (again)
      must(
        [...Toc.open(again).entries()].length === all.length,
        () => "encoded again it has another number of entries",
      );
  },
};

/** Damaged records may hold what no layer has; such entries cannot be written. */
function reencoded(all: readonly Entry[]): Buffer | undefined {
  try {
    return encodeToc(all);
  } catch (error) {
    if (error instanceof SlipwayError) return undefined;
    throw error;
  }
}

function checkPath(toc: Toc, path: string, all: readonly Entry[] | undefined): void {
  const found = toc.find(path);
  const names = toc.childNames(path);
  const below = [...toc.range(path)].length;
  if (!all || path.includes("\0")) return;
  must(found?.path === path, () => `${JSON.stringify(path)} is not found`);
  const inside = all.filter(
    (entry) => entry.path.startsWith(`${path}/`) || (path === "" && entry.path !== ""),
  );
  must(
    below === inside.length,
    () => `${JSON.stringify(path)} has ${inside.length} paths below, but ${below} are given`,
  );
  const start = path === "" ? 0 : path.length + 1;
  const expected = new Set(inside.map((entry) => entry.path.slice(start).split("/", 1)[0]!));
  must(
    names.length === expected.size && names.every((name) => expected.has(name)),
    () => `the names in ${JSON.stringify(path)} are wrong`,
  );
}

function isSorted(all: readonly Entry[]): boolean {
  return all.every((entry, index) => index === 0 || comparePaths(all[index - 1]!.path, entry.path) < 0);
}

function entries(random: Random, count: number): Entry[] {
  const byPath = new Map<string, Entry>();
  for (let i = 0; i < count; i++) {
    const parts = random.several(
      1,
      4,
      () => `${word(random)}${random.chance(0.3) ? random.below(count) : ""}`,
    );
    const path = parts.join("/");
    byPath.set(path, entryAt(path, random));
  }
  return [...byPath.values()].sort((a, b) => comparePaths(a.path, b.path));
}

function entryAt(path: string, random: Random): Entry {
  const shape = {
    path,
    mode: random.below(0o10000),
    uid: random.below(2 ** 32),
    gid: 0,
    size: random.below(2 ** 40),
    mtime: random.below(2 ** 33) - 2 ** 32,
    mtimeNs: random.below(1e9),
  };
  switch (random.below(5)) {
    case 0:
      return { ...shape, type: "dir", size: 0, ...(random.chance(0.2) ? { opaque: true } : {}) };
    case 1:
      return { ...shape, type: "symlink", size: 0, linkTarget: word(random) };
    case 2:
      return { ...shape, type: "char", size: 0, devMajor: random.below(300), devMinor: random.below(300) };
    case 3:
      return {
        ...shape,
        type: "file",
        xattrs: { "security.capability": Buffer.from("x"), "user.a": Buffer.from("") },
      };
    default:
      return { ...shape, type: "file", digest: `sha256:${"ab".repeat(32)}` };
  }
}
