import { expect, it } from "vitest";
import type { Entry } from "../../src/core/file-tree.ts";
import { EntryList } from "../../src/layer/entry-list.ts";

const COMMON = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 1_700_000_000, mtimeNs: 123_456_789 };

const ENTRIES: readonly Entry[] = [
  { ...COMMON, path: "", type: "dir", mode: 0o1777 },
  { ...COMMON, path: "a", type: "dir", mtime: -5 },
  { ...COMMON, path: "a/f", type: "file", size: 5_000_000_000, digest: `sha256:${"ab".repeat(32)}` },
  { ...COMMON, path: "a/f.txt", type: "file", uid: 4_000_000_000, gid: 1 },
  { ...COMMON, path: "a/l", type: "symlink", linkTarget: "../\udc80" },
  { ...COMMON, path: "ä/語/\udcff", type: "char", devMajor: 4, devMinor: 300 },
  { ...COMMON, path: `${"long".repeat(200)}/a`, type: "fifo" },
  { ...COMMON, path: `${"long".repeat(200)}/b`, type: "file", xattrs: { "user.a": Buffer.from([1, 2]) } },
];

it("a list of entries gives them back as they were, any number of times", () => {
  const list = new EntryList();
  for (const entry of ENTRIES) list.add(entry);
  expect(list.length).toBe(ENTRIES.length);
  expect([...list]).toEqual(ENTRIES);
  expect([...list]).toEqual(ENTRIES);
});

it("an empty list of entries has none", () => {
  expect([...new EntryList()]).toEqual([]);
});
