import { contentIdentity } from "../cache/content-identity.ts";
import type { InputEntry } from "../cache/inputs.ts";
import { type Entry, withDigest } from "../core/file-tree.ts";
import { resolvePath } from "../layer/resolve.ts";
import { walkDirectory } from "./copy/select.ts";
import type { SourceTree } from "./source-tree.ts";

type Identities = readonly InputEntry[];

/** What is at paths of trees that stay as they are during a build, worked out once for each: many steps mount the same folder. */
export class SubtreeIdentities {
  readonly #known = new WeakMap<SourceTree, Map<string, Promise<Identities>>>();

  /** Content identities of a path and everything below it; none where it does not exist (the mount itself will say so). */
  of(tree: SourceTree, source: string): Promise<Identities> {
    const { path, entry } = resolvePath(tree, source, { followLast: true });
    if (!entry) return Promise.resolve([]);
    const known = this.#known.get(tree) ?? new Map<string, Promise<Identities>>();
    this.#known.set(tree, known);
    const identities = known.get(path) ?? identitiesBelow(tree, entry, path);
    known.set(path, identities);
    return identities;
  }
}

async function identitiesBelow(tree: SourceTree, root: Entry, path: string): Promise<Identities> {
  const inside = root.type === "dir" ? [...walkDirectory(tree, path, undefined)] : [];
  const files = [root, ...inside.map((item) => item.entry)].filter((item) => item.type === "file");
  const digests = await tree.digests(files.map((file) => file.path));
  const identity = (item: Entry) => {
    const digest = item.digest ?? digests.get(item.path);
    return contentIdentity(digest ? withDigest(item, digest) : item);
  };
  return [["", identity(root)], ...inside.map((item) => [item.relative, identity(item.entry)] as const)];
}
