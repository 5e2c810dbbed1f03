import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderIdentity } from "../../src/execute/run/host-tree.ts";
import { temporaryFolder } from "../support/folders.ts";

it("CVE-2024-23651: the way to a cache's source follows no link, in the middle or at the end", () => {
  const [root, outside] = [temporaryFolder(), temporaryFolder()];
  mkdirSync(join(root, "a/b"), { recursive: true });
  mkdirSync(join(outside, "b"));
  symlinkSync(outside, join(root, "l"));
  writeFileSync(join(root, "f"), "");
  const { dev, ino } = statSync(join(root, "a/b"), { bigint: true });
  expect(folderIdentity(root, "a/b")).toEqual({ device: dev, inode: ino });
  expect(["l", "l/b", "f", "gone", "a/gone"].map((path) => folderIdentity(root, path))).toEqual(
    Array(5).fill(undefined),
  );
});
