import { describe, expect, it } from "vitest";
import type { Digest } from "../../src/core/digest.ts";
import type { SourceTree } from "../../src/execute/source-tree.ts";
import { SubtreeIdentities } from "../../src/execute/subtree-identities.ts";
import { MemoryTree } from "./memory-tree.ts";

/** Counts how often somebody asks it for digests. */
class CountingTree extends MemoryTree implements SourceTree {
  asked = 0;
  locate = (path: string) => `/${path}`;
  prepare = async () => {};
  linkIdentity = () => undefined;
  digests = async (): Promise<ReadonlyMap<string, Digest>> => {
    this.asked += 1;
    return new Map();
  };
}

describe("identities of what is mounted", () => {
  const files = { "d/a": "1", "d/b": "2", other: "3", "link-to-d": { link: "d" } };

  it("CK-03, MT-09: a path is looked at once, by whatever name it is mounted", async () => {
    const tree = new CountingTree(files);
    const identities = new SubtreeIdentities();
    const first = await identities.of(tree, "d");
    expect(first.map(([path]) => path)).toEqual(["", "a", "b"]);
    for (const name of ["/d", "link-to-d", "d/."]) expect(await identities.of(tree, name)).toBe(first);
    expect(tree.asked).toBe(1);
    expect((await identities.of(tree, "other")).length).toBe(1);
  });

  it("CK-03: another tree is looked at on its own", async () => {
    const identities = new SubtreeIdentities();
    const first = await identities.of(new CountingTree(files), "d");
    expect(await identities.of(new CountingTree({ ...files, "d/b": "3" }), "d")).not.toEqual(first);
    expect(await identities.of(new CountingTree({}), "d")).toEqual([]);
  });
});
