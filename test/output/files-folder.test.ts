import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Entry } from "../../src/core/file-tree.ts";
import type { ChainTree } from "../../src/execute/chain-tree.ts";
import { copyWholeFile } from "../../src/output/copy-whole-file.ts";
import { writeFilesFolder } from "../../src/output/files-folder.ts";
import { makeFolder } from "../support/folders.ts";

const { path: folder, remove } = makeFolder();
afterAll(remove);

const plain = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 } as const;

/** Many empty files; `prepared` is called before the first is written. */
function manyFiles(prepared: () => void) {
  const empty = join(folder, "empty");
  writeFileSync(empty, "");
  const entries = Array.from(
    { length: 10_000 },
    (_, i): Entry => ({ ...plain, path: `f${i}`, type: "file" }),
  );
  const tree = { prepare: async () => prepared(), locate: () => empty } as unknown as ChainTree;
  return [{ tree, entries, prefix: "" }];
}

/** What becomes of an export during which a signal arrives. */
async function interrupted(dest: string): Promise<unknown> {
  const abort = new AbortController();
  return writeFilesFolder({
    parts: manyFiles(() => setImmediate(() => abort.abort())),
    folder: dest,
    cwd: folder,
    deleteExtraneous: false,
    warn: () => {},
    signal: abort.signal,
  }).then(
    () => "whole",
    (error) => error.code,
  );
}

describe("writeFilesFolder", () => {
  it("is cancelled in the middle, and a folder that it made is gone again", async () => {
    expect(await interrupted("fresh")).toBe("CANCELLED");
    expect(existsSync(join(folder, "fresh"))).toBe(false);
  });
  it("is cancelled in the middle, and a folder that was there stays", async () => {
    mkdirSync(join(folder, "old"));
    writeFileSync(join(folder, "old/mine"), "mine");
    expect(await interrupted("old")).toBe("CANCELLED");
    expect(readdirSync(join(folder, "old")).length).toBeLessThan(10_000);
    expect(readFileSync(join(folder, "old/mine"), "utf8")).toBe("mine");
  });
});

describe("copyWholeFile", () => {
  it("copies a large file whole", async () => {
    const from = join(folder, "from");
    const bytes = Buffer.alloc((20 << 20) + 7, "slipway");
    writeFileSync(from, bytes);
    await copyWholeFile(from, join(folder, "to"), { size: bytes.length });
    expect(readFileSync(join(folder, "to")).equals(bytes)).toBe(true);
  });
  it("leaves nothing of a large file that was not copied whole", async () => {
    const from = join(folder, "holes");
    writeFileSync(from, "");
    truncateSync(from, 1 << 30);
    const to = join(folder, "part");
    const size = 1 << 30;
    // File systems that share bytes are done at once.
    const whole = await copyWholeFile(from, to, { size, signal: AbortSignal.abort() }).then(
      () => true,
      (error) => {
        expect(error.code).toBe("CANCELLED");
        return false;
      },
    );
    expect(existsSync(to)).toBe(whole);
  });
});
